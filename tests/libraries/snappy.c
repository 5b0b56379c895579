#include <snappy-c.h>
#include <string.h>

int check(void)
{
    char text[1000], packed[2000], back[1000];
    size_t size = sizeof packed, length = sizeof back;
    memset(text, 'x', sizeof text);
    if (snappy_compress(text, sizeof text, packed, &size) != SNAPPY_OK || size > 100) return 1;
    if (snappy_uncompress(packed, size, back, &length) != SNAPPY_OK || length != sizeof text) return 2;
    return memcmp(text, back, sizeof text) != 0;
}
