/* Arithmetic on pairs of doubles, which is what `long double` is on little-endian PowerPC with glibc: clang calls
   these by the names of the PowerPC ABI, and zig's compiler-rt has them only for the IEEE format.

   A pair (hi, lo) stands for hi + lo with |lo| at most half a unit in the last place of hi. The sums and products are
   the error-free transformations of Knuth and Dekker; results have a relative error of about 2^-102. A result
   whose high part is zero, infinite or not a number has 0 as its low part. */

typedef __int128 int128;
typedef unsigned __int128 uint128;
typedef union {
    long double whole;
    struct { double hi, lo; } part;
} pair;

static int is_plain(double x) { return x != 0 && x - x == 0; }

static long double join(double hi, double lo) {
    pair result;
    result.part.hi = hi;
    result.part.lo = lo;
    return result.whole;
}

/* Normalize hi + lo; requires |hi| >= |lo|. */
static long double normalize(double hi, double lo) {
    double sum = hi + lo;
    if (!is_plain(sum)) return join(sum, 0);
    return join(sum, lo - (sum - hi));
}

/* The rounding error of sum = a + b. */
static double rounding_error(double a, double b, double sum) {
    double part_of_b = sum - a;
    return (a - (sum - part_of_b)) + (b - part_of_b);
}

long double __gcc_qadd(long double x, long double y) {
    pair a = {x}, b = {y};
    double high = a.part.hi + b.part.hi, low = a.part.lo + b.part.lo, error, sum;
    if (high - high != 0) return join(high, 0);
    error = rounding_error(a.part.hi, b.part.hi, high) + low;
    if (high == 0 && error == 0) return join(high, 0);
    sum = high + error;
    if (sum - sum != 0) return join(sum, 0);
    return normalize(sum, (error - (sum - high)) + rounding_error(a.part.lo, b.part.lo, low));
}

long double __gcc_qsub(long double x, long double y) {
    pair b = {y};
    return __gcc_qadd(x, join(-b.part.hi, -b.part.lo));
}

long double __gcc_qmul(long double x, long double y) {
    pair a = {x}, b = {y};
    double high = a.part.hi * b.part.hi;
    if (!is_plain(high)) return join(high, 0);
    return normalize(high, __builtin_fma(a.part.hi, b.part.hi, -high) + (a.part.hi * b.part.lo + a.part.lo * b.part.hi));
}

long double __gcc_qdiv(long double x, long double y) {
    pair a = {x}, b = {y}, rest;
    double first = a.part.hi / b.part.hi, second;
    if (!is_plain(first) || b.part.hi - b.part.hi != 0) return join(first, 0);
    rest.whole = __gcc_qsub(x, __gcc_qmul(y, join(first, 0)));
    second = rest.part.hi / b.part.hi;
    rest.whole = __gcc_qsub(rest.whole, __gcc_qmul(y, join(second, 0)));
    return __gcc_qadd(normalize(first, second), join(rest.part.hi / b.part.hi, 0));
}

/* Towards zero: where hi is a whole number, a fraction in lo of the other sign takes one from it. */
static int128 whole_part(double hi, double lo) {
    int128 high = (int128)hi, low = (int128)lo;
    if ((double)high == hi && hi > 0 && lo < (double)low) return high + low - 1;
    if ((double)high == hi && hi < 0 && lo > (double)low) return high + low + 1;
    return high + low;
}

int128 __fixtfti(long double x) {
    pair a = {x};
    /* 2^127 itself is out of range, but is the high part of the values just below it. */
    if (a.part.hi == 0x1p127) return (int128)((uint128)whole_part(0x1p126, a.part.lo) + ((uint128)1 << 126));
    return whole_part(a.part.hi, a.part.lo);
}

uint128 __fixunstfti(long double x) {
    pair a = {x};
    if (a.part.hi < 0) return 0;
    if (a.part.hi == 0x1p128) return (uint128)whole_part(0x1p126, a.part.lo) + ((uint128)3 << 126);
    if (a.part.hi < 0x1p127) return (uint128)whole_part(a.part.hi, a.part.lo);
    return (uint128)(int128)(a.part.hi - 0x1p127) + (uint128)whole_part(0x1p126, a.part.lo) + ((uint128)1 << 126);
}

long __fixtfdi(long double x) { return (long)__fixtfti(x); }

unsigned long __fixunstfdi(long double x) { return (unsigned long)__fixunstfti(x); }

long double __floatditf(long n) {
    double hi = (double)n;
    return join(hi, (double)((int128)n - (int128)hi));
}

long double __floatunditf(unsigned long n) {
    double hi = (double)n;
    return join(hi, (double)((int128)n - (int128)hi));
}

static long double shifted(pair high, unsigned long low) {
    return __gcc_qadd(join(high.part.hi * 0x1p64, high.part.lo * 0x1p64), __floatunditf(low));
}

long double __floattitf(int128 n) {
    pair high = {__floatditf((long)(n >> 64))};
    return shifted(high, (unsigned long)n);
}

long double __floatuntitf(uint128 n) {
    pair high = {__floatunditf((unsigned long)(n >> 64))};
    return shifted(high, (unsigned long)n);
}

long double __powitf2(long double x, int power) {
    long double result = 1;
    unsigned n = power < 0 ? -(unsigned)power : (unsigned)power;
    for (; n; n >>= 1) {
        if (n & 1) result *= x;
        if (n > 1) x *= x;
    }
    return power < 0 ? 1 / result : result;
}

/* Complex numbers follow C11, annex G.5.1: infinities come out although the formulas give NaN. */

static int is_infinite(long double x) { return __builtin_isinf(x); }
static int is_nan(long double x) { return x != x; }
static long double with_sign(double size, long double x) {
    pair a = {x};
    return join(__builtin_copysign(size, a.part.hi), 0);
}
static long double one_if_infinite(long double x) { return with_sign(is_infinite(x) ? 1 : 0, x); }
static long double zero_if_nan(long double x) { return is_nan(x) ? with_sign(0, x) : x; }

static _Complex long double complex_of(long double real, long double imaginary) {
    _Complex long double z;
    __real__ z = real;
    __imag__ z = imaginary;
    return z;
}

_Complex long double __multc3(long double a, long double b, long double c, long double d) {
    long double ac = a * c, bd = b * d, ad = a * d, bc = b * c, real = ac - bd, imaginary = ad + bc;
    int first = is_infinite(a) || is_infinite(b), second = is_infinite(c) || is_infinite(d);
    int between = is_infinite(ac) || is_infinite(bd) || is_infinite(ad) || is_infinite(bc);
    if (!is_nan(real) || !is_nan(imaginary) || !(first || second || between)) return complex_of(real, imaginary);
    if (first) a = one_if_infinite(a), b = one_if_infinite(b);
    if (second) c = one_if_infinite(c), d = one_if_infinite(d);
    a = zero_if_nan(a), b = zero_if_nan(b), c = zero_if_nan(c), d = zero_if_nan(d);
    return complex_of(__builtin_infl() * (a * c - b * d), __builtin_infl() * (a * d + b * c));
}

/* The power of two that brings x near 1, within what a double can hold. */
static double scale_of(double x) {
    union { double value; unsigned long bits; } number = {x};
    unsigned long exponent = number.bits >> 52 & 0x7ff;
    if (exponent == 0 || exponent == 0x7ff) return 1;
    number.bits = (exponent >= 2045 ? 1UL : 2046 - exponent) << 52;
    return number.value;
}

_Complex long double __divtc3(long double a, long double b, long double c, long double d) {
    pair x = {__builtin_fabsl(c)}, y = {__builtin_fabsl(d)};
    double scale = scale_of(x.part.hi > y.part.hi ? x.part.hi : y.part.hi);
    long double sc = c * scale, sd = d * scale, size = sc * sc + sd * sd;
    long double real = (a * sc + b * sd) / size * scale, imaginary = (b * sc - a * sd) / size * scale;
    if (!is_nan(real) || !is_nan(imaginary)) return complex_of(real, imaginary);
    if (size == 0 && (!is_nan(a) || !is_nan(b))) {
        long double infinity = with_sign(__builtin_inf(), c);
        return complex_of(infinity * a, infinity * b);
    }
    if ((is_infinite(a) || is_infinite(b)) && !(is_infinite(c) || is_infinite(d) || is_nan(c) || is_nan(d))) {
        a = one_if_infinite(a), b = one_if_infinite(b);
        return complex_of(__builtin_infl() * (a * c + b * d), __builtin_infl() * (b * c - a * d));
    }
    if ((is_infinite(c) || is_infinite(d)) && !(is_infinite(a) || is_infinite(b) || is_nan(a) || is_nan(b))) {
        c = one_if_infinite(c), d = one_if_infinite(d);
        return complex_of(0 * (a * c + b * d), 0 * (b * c - a * d));
    }
    return complex_of(real, imaginary);
}
