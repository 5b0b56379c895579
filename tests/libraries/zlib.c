#include <string.h>
#include <zlib.h>

int check(void)
{
    unsigned char packed[256], back[256];
    const char text[] = "the same, the same, the same";
    uLongf size = sizeof packed, length = sizeof back;
    if (compress(packed, &size, (const Bytef *)text, sizeof text) != Z_OK) return 1;
    if (uncompress(back, &length, packed, size) != Z_OK) return 2;
    return strcmp((char *)back, text) != 0;
}
