#include <nghttp2/nghttp2.h>
#include <string.h>

int check(void)
{
    nghttp2_nv field = { (uint8_t *)"name", (uint8_t *)"value", 4, 5, NGHTTP2_NV_FLAG_NONE };
    nghttp2_hd_deflater *deflater;
    nghttp2_hd_inflater *inflater;
    nghttp2_nv back;
    uint8_t packed[100];
    int flags = 0;
    if (nghttp2_hd_deflate_new(&deflater, 4096) || nghttp2_hd_inflate_new(&inflater)) return 1;
    nghttp2_ssize size = nghttp2_hd_deflate_hd2(deflater, packed, sizeof packed, &field, 1);
    if (size <= 0 || nghttp2_hd_inflate_hd3(inflater, &back, &flags, packed, (size_t)size, 1) < 0) return 2;
    int wrong = back.valuelen != 5 || memcmp(back.value, "value", 5);
    nghttp2_hd_deflate_del(deflater);
    nghttp2_hd_inflate_del(inflater);
    return wrong;
}
