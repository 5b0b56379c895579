/* Prints which floating-point exceptions long double arithmetic raises: a digit for each operation, 1 if it is told. */
#include <fenv.h>
#include <float.h>
#include <stdio.h>

int main(void) {
    volatile long double zero = 0, one = 1, three = 3, large = LDBL_MAX, small = LDBL_MIN, made;
    feclearexcept(FE_ALL_EXCEPT);
    made = one / zero;
    printf("%d", !!fetestexcept(FE_DIVBYZERO));
    feclearexcept(FE_ALL_EXCEPT);
    made = zero / zero;
    printf("%d", !!fetestexcept(FE_INVALID));
    feclearexcept(FE_ALL_EXCEPT);
    made = large * large;
    printf("%d", !!fetestexcept(FE_OVERFLOW));
    feclearexcept(FE_ALL_EXCEPT);
    made = small * small;
    printf("%d", !!fetestexcept(FE_UNDERFLOW));
    feclearexcept(FE_ALL_EXCEPT);
    made = one / three + one - three * one;
    printf("%d\n", !!fetestexcept(FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW | FE_UNDERFLOW));
    (void)made;
    return 0;
}
