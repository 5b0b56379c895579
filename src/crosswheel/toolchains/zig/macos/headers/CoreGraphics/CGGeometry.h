/* Replaces a header of Apple's SDK if there is no SDK: CoreGraphics' geometry types with the layout of the 64-bit ABI.
   CoreGraphics' functions are in the framework, and need the SDK. */
#ifndef CROSSWHEEL_CGGEOMETRY_H
#define CROSSWHEEL_CGGEOMETRY_H

typedef double CGFloat;
typedef struct CGPoint { CGFloat x, y; } CGPoint;
typedef struct CGSize { CGFloat width, height; } CGSize;
typedef struct CGVector { CGFloat dx, dy; } CGVector;
typedef struct CGRect { CGPoint origin; CGSize size; } CGRect;

#endif
