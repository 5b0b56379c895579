#include <raqm.h>
#include <string.h>

int check(void)
{
    raqm_t *layout = raqm_create();
    if (!raqm_set_text_utf8(layout, "ab\xd7\x90" "cd", 6) || !raqm_set_par_direction(layout, RAQM_DIRECTION_DEFAULT)) return 1;
    if (raqm_layout(layout)) return 2; /* there is no font */
    raqm_destroy(layout);
    return strcmp(raqm_version_string(), "0.10.5") != 0;
}
