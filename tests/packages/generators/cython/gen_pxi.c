#include <stdio.h>
#include "facts.h"
/* Prints a line of Cython. */
int main(int count, char **words) {
    printf("%s%s: %s; ", count == 2 ? "FACTS = \"" : "", count > 1 ? words[1] : "", FACTS);
    return 0;
}
