#include <lz4.h>
#include <string.h>

int check(void)
{
    const char text[] = "the same, the same, the same";
    char packed[512], back[256];
    int size = LZ4_compress_default(text, packed, sizeof text, sizeof packed);
    if (size <= 0) return 1;
    if (LZ4_decompress_safe(packed, back, size, sizeof back) != sizeof text) return 2;
    return strcmp(back, text) != 0;
}
