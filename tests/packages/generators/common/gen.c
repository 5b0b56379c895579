#include <stdio.h>
#include "facts.h"
/* Prints a header that tells which machine this program runs on. */
int main(int count, char **words) {
    if (count != 2) return 1;
    printf("#define %s_FACTS \"%s\"\n", words[1], FACTS);
    return 0;
}
