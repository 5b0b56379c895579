#include <mpfr.h>
#include <string.h>

int check(void)
{
    char text[64];
    mpfr_t number;
    mpfr_init2(number, 200);
    mpfr_const_pi(number, MPFR_RNDN);
    mpfr_snprintf(text, sizeof text, "%.40Rf", number);
    mpfr_clear(number);
    return strcmp(text, "3.1415926535897932384626433832795028841972") != 0;
}
