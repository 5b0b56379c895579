#include <bzlib.h>
#include <string.h>

int check(void)
{
    char text[] = "the same, the same, the same", packed[256], back[256];
    unsigned size = sizeof packed, length = sizeof back;
    if (BZ2_bzBuffToBuffCompress(packed, &size, text, sizeof text, 9, 0, 0) != BZ_OK) return 1;
    if (BZ2_bzBuffToBuffDecompress(back, &length, packed, size, 0, 0) != BZ_OK) return 2;
    return strcmp(back, text) != 0;
}
