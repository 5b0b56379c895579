#include <openjpeg.h>
#include <string.h>

int check(void)
{
    opj_cparameters_t parameters;
    opj_set_default_encoder_parameters(&parameters);
    opj_codec_t *codec = opj_create_compress(OPJ_CODEC_J2K);
    if (!codec) return 1;
    opj_destroy_codec(codec);
    return strncmp(opj_version(), "2.", 2) != 0;
}
