#include <lcms2.h>

int check(void)
{
    cmsHPROFILE srgb = cmsCreate_sRGBProfile(), lab = cmsCreateLab4Profile(NULL);
    cmsHTRANSFORM transform = cmsCreateTransform(srgb, TYPE_RGB_8, lab, TYPE_Lab_DBL, INTENT_PERCEPTUAL, 0);
    unsigned char white[] = {255, 255, 255};
    cmsCIELab colour;
    if (!transform) return 1;
    cmsDoTransform(transform, white, &colour, 1);
    return colour.L < 99.9 || colour.L > 100.1;
}
