/* See CGGeometry.h; ApplicationServices is the umbrella framework of CoreGraphics. */
#include <CoreGraphics/CGAffineTransform.h>
