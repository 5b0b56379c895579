#include <stdlib.h>
#include <string.h>
#include <webp/decode.h>
#include <webp/encode.h>

int check(void)
{
    unsigned char pixels[8 * 8 * 3];
    uint8_t *packed = NULL;
    int width, height;
    for (unsigned i = 0; i < sizeof pixels; i++) pixels[i] = (unsigned char)(7 * i);
    size_t size = WebPEncodeLosslessRGB(pixels, 8, 8, 8 * 3, &packed);
    if (!size) return 1;
    uint8_t *back = WebPDecodeRGB(packed, size, &width, &height);
    if (!back || width != 8 || height != 8) return 2;
    return memcmp(pixels, back, sizeof pixels) != 0;
}
