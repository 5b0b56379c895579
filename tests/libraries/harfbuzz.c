#include <hb.h>
#include <hb-ft.h>

static hb_bool_t glyph(hb_font_t *font, void *data, hb_codepoint_t code, hb_codepoint_t *found, void *user)
{
    (void)font, (void)data, (void)user;
    *found = code - 'a' + 1;
    return 1;
}

static hb_position_t advance(hb_font_t *font, void *data, hb_codepoint_t code, void *user)
{
    (void)font, (void)data, (void)user;
    return 100 * (hb_position_t)code;
}

int check(void)
{
    FT_Library library;
    hb_font_funcs_t *functions = hb_font_funcs_create();
    hb_font_funcs_set_nominal_glyph_func(functions, glyph, NULL, NULL);
    hb_font_funcs_set_glyph_h_advance_func(functions, advance, NULL, NULL);
    hb_face_t *face = hb_face_create(hb_blob_get_empty(), 0);
    hb_font_t *font = hb_font_create(face);
    hb_font_set_funcs(font, functions, NULL, NULL);
    hb_buffer_t *buffer = hb_buffer_create();
    hb_buffer_add_utf8(buffer, "cab", -1, 0, -1);
    hb_buffer_guess_segment_properties(buffer);
    hb_shape(font, buffer, NULL, 0);
    unsigned length = 0;
    hb_glyph_position_t *places = hb_buffer_get_glyph_positions(buffer, &length);
    if (length != 3 || places[0].x_advance != 300 || hb_buffer_get_script(buffer) != HB_SCRIPT_LATIN) return 1;
    hb_buffer_destroy(buffer);
    hb_font_destroy(font);
    hb_face_destroy(face);
    hb_font_funcs_destroy(functions);
    /* what it has for FreeType is there */
    if (FT_Init_FreeType(&library) || hb_ft_face_create_from_file_or_fail == NULL) return 2;
    return FT_Done_FreeType(library) != 0;
}
