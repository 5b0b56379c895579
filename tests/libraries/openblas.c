#include <cblas.h>

/* Procedures of Fortran, as f2c has them: subroutines are int functions, COMPLEX functions have a result first, and
 * lengths of CHARACTER arguments come last. */
typedef struct { float r, i; } complex8;
typedef struct { double r, i; } complex16;
float snrm2_(int *, float *, int *);
void zdotc_(complex16 *, int *, complex16 *, int *, complex16 *, int *);
int dgesv_(int *, int *, double *, int *, int *, double *, int *, int *);
int dgeev_(char *, char *, int *, double *, int *, double *, double *, double *, int *, double *, int *, double *, int *,
           int *, int, int);
int cgeev_(char *, char *, int *, complex8 *, int *, complex8 *, complex8 *, int *, complex8 *, int *, complex8 *, int *,
           float *, int *, int, int);
int zheev_(char *, char *, int *, complex16 *, int *, double *, complex16 *, int *, double *, int *, int, int);
int dgesdd_(char *, int *, int *, double *, int *, double *, double *, int *, double *, int *, double *, int *, int *,
            int *, int);

static int near(double a, double b) { return a - b < 1e-12 && b - a < 1e-12; }

static int blas(void)
{
    double a[] = {1, 2, 3, 4}, b[] = {5, 6, 7, 8}, c[4];
    float x[] = {3, 4};
    complex16 u[] = {{1, 2}, {3, 4}}, v[] = {{5, 6}, {7, 8}}, w;
    int n = 2, one = 1;
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, 2, 2, 2, 1, a, 2, b, 2, 0, c, 2);
    if (c[0] != 19 || c[1] != 22 || c[2] != 43 || c[3] != 50)
        return 1;
    if (snrm2_(&n, x, &one) != 5)
        return 2;
    zdotc_(&w, &n, u, &one, v, &one); /* (1-2i)(5+6i) + (3-4i)(7+8i) */
    return w.r != 70 || w.i != -8 ? 3 : 0;
}

/* What OpenBLAS has of LAPACK in C. */
static int solution(void)
{
    double a[] = {4, 1, 2, 3}, b[] = {6, 4};
    int n = 2, one = 1, pivots[2], info;
    dgesv_(&n, &one, a, &n, pivots, b, &n, &info); /* 4x + 2y = 6, x + 3y = 4 */
    return info || !near(b[0], 1) || !near(b[1], 1);
}

/* What it has by way of Fortran. */
static int decompositions(void)
{
    double rotation[] = {0, 1, -1, 0}, real[2], imaginary[2], left[4], right[4];
    double long_side[] = {3, 0, 0, 0, 5, 0}, values[2], u[9], vt[4], work[200];
    complex16 hermitian[] = {{2, 0}, {0, 1}, {0, -1}, {2, 0}}, zwork[200];
    int n = 2, three = 3, size = 200, integers[16], info;
    dgeev_("V", "V", &n, rotation, &n, real, imaginary, left, &n, right, &n, work, &size, &info, 1, 1);
    if (info || !near(real[0], 0) || !near(imaginary[0], 1) || !near(imaginary[1], -1))
        return 5;
    zheev_("V", "U", &n, hermitian, &n, values, zwork, &size, work, &info, 1, 1);
    if (info || !near(values[0], 1) || !near(values[1], 3))
        return 6;
    dgesdd_("A", &three, &n, long_side, &three, values, u, &three, vt, &n, work, &size, integers, &info, 1);
    if (info || !near(values[0], 5) || !near(values[1], 3))
        return 7;
    complex8 turning[] = {{0, 0}, {1, 0}, {-1, 0}, {0, 0}}, turns[2], cwork[200];
    float rwork[4];
    cgeev_("N", "N", &n, turning, &n, turns, cwork, &n, cwork, &n, cwork, &size, rwork, &info, 1, 1);
    return info || turns[0].i * turns[1].i > -0.999f || turns[0].i * turns[1].i < -1.001f ? 8 : 0;
}

int check(void)
{
    int failed = blas();
    if (!failed)
        failed = solution() ? 4 : decompositions();
    return failed;
}
