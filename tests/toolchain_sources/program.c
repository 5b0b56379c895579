/* Prints facts that depend on the target, so that an emulator can confirm what was compiled. */
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void *work(void *to) { *(int *)to = 5; return to; }

int main(int count, char **words) {
    uint16_t two = 1;
    pthread_t thread;
    int made = 0;
    volatile long double third = 1.0L;
    volatile double x = count;
    third /= 3;
    (void)words;
    pthread_create(&thread, 0, work, &made);
    pthread_join(thread, 0);
    printf("%s %u %d %.10Lf %.6f %d\n", *(char *)&two ? "little" : "big", (unsigned)sizeof(void *), made, third,
           exp(x) + sin(x), (int)(sizeof(long double)));
    return 0;
}
