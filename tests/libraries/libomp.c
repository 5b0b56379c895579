/* A parallel loop with a reduction, and tasks. */
#include <omp.h>

static long fibonacci(int number) {
    long first, second;
    if (number < 2)
        return number;
#pragma omp task shared(first)
    first = fibonacci(number - 1);
#pragma omp task shared(second)
    second = fibonacci(number - 2);
#pragma omp taskwait
    return first + second;
}

int check(void) {
    long total = 0, tasks = 0;
    int threads = 0;
    omp_set_num_threads(2);
#pragma omp parallel for schedule(dynamic, 16) reduction(+ : total)
    for (long number = 0; number < 10000; number++)
        total += number;
#pragma omp parallel
    {
#pragma omp atomic
        threads++;
#pragma omp single
        tasks = fibonacci(12);
    }
    return total != 49995000 || tasks != 144 || threads != 2;
}
