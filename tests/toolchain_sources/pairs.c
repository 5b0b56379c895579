/* Prints operands and results of long double arithmetic, as the doubles they consist of, for a checker elsewhere. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>

typedef union { long double whole; double part[2]; } pair;

static uint64_t state = 88172645463325252u;

static uint64_t next(void) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state;
}

static long double number(int spread) {
    pair result;
    double mantissa = (double)(next() >> 11) * 0x1p-53 + 0.5;
    result.part[0] = ldexp(next() & 1 ? mantissa : -mantissa, (int)(next() % (2 * (unsigned)spread)) - spread);
    result.part[1] = ldexp((double)(next() >> 11) * 0x1p-53 - 0.5, ilogb(result.part[0]) - 53);
    return result.whole;
}

static void show(const char *name, long double a, long double b, long double result) {
    pair x = {a}, y = {b}, z = {result};
    printf("%s %a %a %a %a %a %a\n", name, x.part[0], x.part[1], y.part[0], y.part[1], z.part[0], z.part[1]);
}

static void show_whole(const char *name, long double a, __int128 n) {
    pair x = {a};
    printf("%s %a %a %lld %llu\n", name, x.part[0], x.part[1], (long long)(n >> 64), (unsigned long long)n);
}

int main(void) {
    for (int i = 0; i < 2000; i++) {
        volatile long double a = number(i % 3 ? 40 : 200), b = number(i % 3 ? 40 : 200);
        show("add", a, b, a + b);
        show("sub", a, b, a - b);
        show("mul", a, b, a * b);
        show("div", a, b, a / b);
        show("add", a, -a, a + -a);
        volatile long double small = number(62), large = number(126);
        show_whole("to", small, (long)small);
        show_whole("to", small < 0 ? -small : small, (__int128)(unsigned long)(small < 0 ? -small : small));
        show_whole("to", large, (__int128)large);
        volatile long n = (long)next();
        volatile __int128 wide = (__int128)(((unsigned __int128)next() << 64) | next());
        volatile unsigned long u = next();
        show_whole("from", (long double)n, n);
        show_whole("from", (long double)u, u);
        show_whole("from", (long double)wide, wide);
        volatile _Complex long double c, d, product, quotient;
        __real__ c = number(10), __imag__ c = number(10), __real__ d = number(10), __imag__ d = number(10);
        product = c * d, quotient = c / d;
        show("complex", __real__ c, __imag__ c, __real__ d);
        show("by", __imag__ d, 0, 0);
        show("product", __real__ product, __imag__ product, 0);
        show("quotient", __real__ quotient, __imag__ quotient, 0);
    }
    volatile long double zero = 0, one = 1, infinite = one / zero, largest = 0x1.fffffffffffffp1023L;
    printf("special %d %d %d %d %d %d %d\n", isinf(infinite) != 0, isnan(infinite - infinite) != 0,
           signbit(-zero + -zero) != 0, (one / infinite) == 0, isinf(largest * 2) != 0, isinf(largest + largest) != 0,
           signbit(zero * -one) != 0);
    return 0;
}
