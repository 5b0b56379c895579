#include <brotli/decode.h>
#include <brotli/encode.h>
#include <stdint.h>
#include <string.h>

int check(void)
{
    const char text[] = "the same, the same, the same";
    uint8_t packed[512], back[256];
    size_t size = sizeof packed, length = sizeof back;
    if (!BrotliEncoderCompress(5, 22, BROTLI_MODE_TEXT, sizeof text, (const uint8_t *)text, &size, packed)) return 1;
    if (BrotliDecoderDecompress(size, packed, &length, back) != BROTLI_DECODER_RESULT_SUCCESS) return 2;
    return strcmp((char *)back, text) != 0;
}
