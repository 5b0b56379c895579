/* What compilers call helpers for: wide division, long double, atomics, conversions, population counts, long jumps.
   Compiled with -DPROGRAM it is a program that counts what came out right. */
#include <setjmp.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

static jmp_buf back;
static _Atomic uint64_t wide;
static _Atomic uint8_t narrow;
static _Thread_local int own;

static void leave(int value) { longjmp(back, value); }

__attribute__((visibility("default"))) int check_helpers(volatile int64_t n, volatile long double x) {
    int good = 0;
    volatile uint64_t u = (uint64_t)n;
    volatile double d;
    good += n / 7 == 142857142857 && n % 7 == 1 && u / 10 == 100000000000u;
    good += (int64_t)(x * 3) == 4 && x / 2 == 0.75L && -x < x && x + 1 == 2.5L;
    d = (double)n;
    good += (int64_t)d == n && (uint64_t)(float)(1ull << 40) == 1ull << 40 && (long double)u == (long double)d;
    atomic_fetch_add(&wide, 5);
    atomic_fetch_or(&narrow, 3);
    uint64_t expected = 5;
    good += atomic_compare_exchange_strong(&wide, &expected, 8) && atomic_exchange(&narrow, 1) == 3 && wide == 8;
    good += __builtin_popcountll(u) == 13 && __builtin_ctzll(u) == 12 && __builtin_bswap64(1) == 1ull << 56;
    own = 3;
    good += own == 3;
    switch (setjmp(back)) {
    case 0: leave(9); break;
    case 9: good++;
    }
    return good;
}

#ifdef PROGRAM
int main(void) {
    printf("helpers %d\n", check_helpers(1000000000000, 1.5L));
    return 0;
}
#endif
