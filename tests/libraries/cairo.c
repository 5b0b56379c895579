#include <cairo.h>
#include <string.h>

static unsigned char first[8];
static unsigned taken;

static cairo_status_t take(void *closure, const unsigned char *data, unsigned length)
{
    (void)closure;
    for (unsigned i = 0; i < length && taken < sizeof first; i++) first[taken++] = data[i];
    return CAIRO_STATUS_SUCCESS;
}

int check(void)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, 16, 16);
    cairo_t *context = cairo_create(surface);
    cairo_arc(context, 8, 8, 5, 0, 6.3);
    cairo_fill(context);
    if (cairo_status(context) != CAIRO_STATUS_SUCCESS) return 1;
    if (cairo_surface_write_to_png_stream(surface, take, NULL) != CAIRO_STATUS_SUCCESS) return 2;
    return memcmp(first, "\x89PNG\r\n\x1a\n", 8) != 0;
}
