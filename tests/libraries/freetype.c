#include <ft2build.h>
#include FT_FREETYPE_H

int check(void)
{
    FT_Library library;
    FT_Face face;
    if (FT_Init_FreeType(&library)) return 1;
    if (FT_New_Memory_Face(library, (const FT_Byte *)"no font", 7, 0, &face) == FT_Err_Ok) return 2;
    return FT_Done_FreeType(library) != 0;
}
