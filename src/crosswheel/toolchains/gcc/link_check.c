/* Linked once with every compiler, to check that it links modules for the target. */
#include <stdio.h>

__attribute__((visibility("default"))) int crosswheel_link_check(const char *text) { return puts(text); }
