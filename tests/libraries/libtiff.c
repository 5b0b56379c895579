#include <string.h>
#include <tiffio.h>

int check(void)
{
    return !TIFFIsCODECConfigured(COMPRESSION_JPEG) || !TIFFIsCODECConfigured(COMPRESSION_ADOBE_DEFLATE) ||
           !TIFFIsCODECConfigured(COMPRESSION_ZSTD) || strncmp(TIFFGetVersion(), "LIBTIFF", 7) != 0;
}
