/* Arithmetic on `long double` where that is IEEE's 128-bit format and the processor does not implement it. The results
   are those of zig's compiler-rt; these functions add the floating-point exceptions (IEEE 754, chapter 7) that
   compiler-rt does not raise and numpy, for one, tests for: invalid, division by zero, overflow, underflow to zero. */

typedef unsigned __int128 bits;
typedef union { long double value; bits pattern; } quad;

#define INFINITE ((bits)0x7fff << 112)

long double __crosswheel___addtf3(long double, long double);
long double __crosswheel___subtf3(long double, long double);
long double __crosswheel___multf3(long double, long double);
long double __crosswheel___divtf3(long double, long double);

static bits size(long double x) {
    quad q = {x};
    return q.pattern << 1 >> 1;
}

static int is_finite(long double x) { return size(x) < INFINITE; }
static int is_nan(long double x) { return size(x) > INFINITE; }
static int is_zero(long double x) { return size(x) == 0; }

/* The processor's arithmetic on doubles raises the exception. */
static void invalid(void) { volatile double zero = 0, result = zero / zero; (void)result; }
static void division_by_zero(void) { volatile double zero = 0, result = 1 / zero; (void)result; }
static void overflow(void) { volatile double large = 0x1p1023, result = large * large; (void)result; }
static void underflow(void) { volatile double small = 0x1p-1022, result = small * small; (void)result; }

static long double raise_exceptions(long double x, long double y, long double result) {
    if (is_nan(result)) {
        if (!is_nan(x) && !is_nan(y)) invalid();
    } else if (!is_finite(result) && is_finite(x) && is_finite(y)) {
        overflow();
    }
    return result;
}

long double __addtf3(long double x, long double y) { return raise_exceptions(x, y, __crosswheel___addtf3(x, y)); }
long double __subtf3(long double x, long double y) { return raise_exceptions(x, y, __crosswheel___subtf3(x, y)); }

long double __multf3(long double x, long double y) {
    long double result = __crosswheel___multf3(x, y);
    if (is_zero(result) && !is_zero(x) && !is_zero(y)) underflow();
    return raise_exceptions(x, y, result);
}

long double __divtf3(long double x, long double y) {
    long double result = __crosswheel___divtf3(x, y);
    if (is_zero(y) && is_finite(x) && !is_zero(x)) {
        division_by_zero();
        return result;
    }
    if (is_zero(result) && !is_zero(x) && is_finite(y)) underflow();
    return raise_exceptions(x, y, result);
}
