#include <xxhash.h>

int check(void)
{
    /* Of nothing, as its specification says. */
    if (XXH64("", 0, 0) != 0xef46db3751d8e999ULL) return 1;
    return XXH3_64bits("", 0) != 0x2d06800538d394c2ULL;
}
