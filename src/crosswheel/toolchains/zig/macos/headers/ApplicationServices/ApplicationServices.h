/* As CGGeometry.h, by the name of the framework that has CoreGraphics in it. */
#include <CoreGraphics/CGAffineTransform.h>
