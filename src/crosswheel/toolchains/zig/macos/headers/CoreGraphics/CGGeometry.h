/* Stands in for a header of Apple's SDK where there is none: the geometry of CoreGraphics as plain data, in the layout
   that its ABI gives it on 64-bit processors. Its functions are in the framework, and need the SDK. */
#ifndef CROSSWHEEL_CGGEOMETRY_H
#define CROSSWHEEL_CGGEOMETRY_H

typedef double CGFloat;
typedef struct CGPoint { CGFloat x, y; } CGPoint;
typedef struct CGSize { CGFloat width, height; } CGSize;
typedef struct CGVector { CGFloat dx, dy; } CGVector;
typedef struct CGRect { CGPoint origin; CGSize size; } CGRect;

#endif
