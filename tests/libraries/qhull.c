#include <libqhull_r/qhull_ra.h>

int check(void)
{
    /* a cube and its centre: eight vertices */
    coordT points[27] = {0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, .5, .5, .5};
    char command[] = "qhull";
    int left, blocks;
    qhT qh;
    qh_zero(&qh, stderr);
    if (qh_new_qhull(&qh, 3, 9, points, False, command, NULL, stderr)) return 1;
    if (qh.num_vertices != 8 || qh.num_facets != 6) return 2;
    qh_freeqhull(&qh, !qh_ALL);
    qh_memfreeshort(&qh, &left, &blocks);
    return left || blocks;
}
