#include <png.h>
#include <string.h>

int check(void)
{
    unsigned char pixels[3 * 4 * 4], back[3 * 4 * 4], packed[1024];
    png_alloc_size_t size = sizeof packed;
    png_image image;
    for (unsigned i = 0; i < sizeof pixels; i++) pixels[i] = (unsigned char)(5 * i);
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    image.width = image.height = 4;
    image.format = PNG_FORMAT_RGB;
    if (!png_image_write_to_memory(&image, packed, &size, 0, pixels, 0, NULL)) return 1;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    if (!png_image_begin_read_from_memory(&image, packed, size)) return 2;
    image.format = PNG_FORMAT_RGB;
    if (!png_image_finish_read(&image, NULL, back, 0, NULL)) return 3;
    return memcmp(pixels, back, sizeof pixels) != 0;
}
