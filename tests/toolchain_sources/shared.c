/* Uses what compilers like to take from their own runtime library instead of the C library. */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void nothing(void) {}

__attribute__((visibility("default"))) double compute(double x, const char *path, char *to, const char *from, size_t n) {
    struct stat there;
    memcpy(to, from, n);
    memset(to + n, 0, n);
    pthread_once(&once, nothing);
    return exp(x) + log(x) + sin(x) + pow(x, 1.5) + fmod(x, 3.0) + (stat(path, &there) ? errno : (double)there.st_size);
}

__attribute__((visibility("default"))) long double compute_long(long double x) {
    return sinl(x) + expl(x) * x;
}

__attribute__((visibility("default"))) int print_long(char *to, size_t n, long double x) {
    return snprintf(to, n, "%.5Lf", x);
}
