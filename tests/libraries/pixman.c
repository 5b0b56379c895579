#include <pixman.h>
#include <stdint.h>

int check(void)
{
    uint32_t pixels[16] = {0};
    pixman_image_t *image = pixman_image_create_bits(PIXMAN_a8r8g8b8, 4, 4, pixels, 16);
    pixman_color_t red = {0xffff, 0, 0, 0xffff};
    pixman_box32_t box = {0, 0, 4, 4};
    if (!image || !pixman_image_fill_boxes(PIXMAN_OP_SRC, image, &red, 1, &box)) return 1;
    pixman_image_unref(image);
    return pixels[5] != 0xffff0000;
}
