#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jpeglib.h>

int check(void)
{
    struct jpeg_error_mgr errors;
    struct jpeg_compress_struct out;
    struct jpeg_decompress_struct in;
    unsigned char row[16 * 3], *packed = NULL;
    unsigned long size = 0;
    JSAMPROW rows[] = {row};
    memset(row, 200, sizeof row);
    out.err = in.err = jpeg_std_error(&errors);
    jpeg_create_compress(&out);
    jpeg_mem_dest(&out, &packed, &size);
    out.image_width = out.image_height = 16;
    out.input_components = 3;
    out.in_color_space = JCS_RGB;
    jpeg_set_defaults(&out);
    jpeg_start_compress(&out, TRUE);
    while (out.next_scanline < out.image_height) jpeg_write_scanlines(&out, rows, 1);
    jpeg_finish_compress(&out);
    jpeg_destroy_compress(&out);
    jpeg_create_decompress(&in);
    jpeg_mem_src(&in, packed, size);
    if (jpeg_read_header(&in, TRUE) != JPEG_HEADER_OK) return 1;
    jpeg_start_decompress(&in);
    while (in.output_scanline < in.output_height) jpeg_read_scanlines(&in, rows, 1);
    jpeg_finish_decompress(&in);
    jpeg_destroy_decompress(&in);
    free(packed);
    return abs(row[0] - 200) > 4;
}
