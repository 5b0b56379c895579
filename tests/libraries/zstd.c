#include <string.h>
#include <zstd.h>

int check(void)
{
    const char text[] = "the same, the same, the same";
    char packed[512], back[256];
    size_t size = ZSTD_compress(packed, sizeof packed, text, sizeof text, 3);
    if (ZSTD_isError(size)) return 1;
    if (ZSTD_isError(ZSTD_decompress(back, sizeof back, packed, size))) return 2;
    return strcmp(back, text) != 0;
}
