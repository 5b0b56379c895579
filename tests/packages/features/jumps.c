#include <setjmp.h>

static jmp_buf back;

static void leap(int value) {
    if (value > 2) longjmp(back, value);
    leap(value + 1);
}

int jumped(void) {
    volatile int before = 40;
    int came = setjmp(back);
    if (came == 0) leap(0);
    return before + came;
}
