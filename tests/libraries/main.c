/* Runs what a library's check does, as a program. */
#include <stdio.h>

int check(void);

int main(void)
{
    int failed = check();
    printf(failed ? "failed: %d\n" : "passed\n", failed);
    return failed;
}
