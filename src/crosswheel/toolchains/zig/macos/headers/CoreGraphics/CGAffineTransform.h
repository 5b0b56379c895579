/* See CGGeometry.h. */
#ifndef CROSSWHEEL_CGAFFINETRANSFORM_H
#define CROSSWHEEL_CGAFFINETRANSFORM_H

#include <CoreGraphics/CGGeometry.h>

typedef struct CGAffineTransform { CGFloat a, b, c, d, tx, ty; } CGAffineTransform;

#endif
