#include <lzma.h>
#include <stdint.h>
#include <string.h>

int check(void)
{
    const char text[] = "the same, the same, the same";
    uint8_t packed[512], back[256];
    size_t size = 0, in = 0, out = 0;
    uint64_t limit = UINT64_MAX;
    if (lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, NULL, (const uint8_t *)text, sizeof text, packed, &size,
                                sizeof packed) != LZMA_OK) return 1;
    if (lzma_stream_buffer_decode(&limit, 0, NULL, packed, &in, size, back, &out, sizeof back) != LZMA_OK) return 2;
    return strcmp((char *)back, text) != 0;
}
