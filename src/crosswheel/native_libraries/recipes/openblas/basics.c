/* Routines that LAPACK has in Fortran 90, and machine parameters; written for crosswheel, with f2c's calling convention.
 *
 * Plane rotations (xLARTG) and sums of squares (xLASSQ) follow E. Anderson, Algorithm 978: Safe Scaling in the Level 1
 * BLAS, ACM Transactions on Mathematical Software 44, 2017: numbers whose squares are too large or too small are scaled
 * by powers of two. */
#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stddef.h>

typedef struct { float r, i; } complex8;
typedef struct { double r, i; } complex16;

/* Parameters of the floating-point types. */
#define MACHINE(name, type, X, epsilon) \
    type name(const char *what, int length) \
    { \
        (void)length; \
        switch (toupper((unsigned char)*what)) { \
        case 'E': return epsilon / 2; \
        case 'S': return X##_MIN; \
        case 'B': return FLT_RADIX; \
        case 'P': return epsilon; \
        case 'N': return X##_MANT_DIG; \
        case 'R': return 1; \
        case 'M': return X##_MIN_EXP; \
        case 'U': return X##_MIN; \
        case 'L': return X##_MAX_EXP; \
        case 'O': return X##_MAX; \
        default: return 0; \
        } \
    }
MACHINE(slamch_, float, FLT, FLT_EPSILON)
MACHINE(dlamch_, double, DBL, DBL_EPSILON)

/* A sum rounded to its type, even if registers have excess precision. */
float slamc3_(float *a, float *b) { volatile float sum = *a + *b; return sum; }
double dlamc3_(double *a, double *b) { volatile double sum = *a + *b; return sum; }

/* The length of a work array, rounded up if the floating-point type cannot represent it. */
#define ROUNDUP(name, type, epsilon) \
    type name(int *length) \
    { \
        type rounded = (type)*length; \
        return (long long)rounded < *length ? rounded * (1 + epsilon) : rounded; \
    }
ROUNDUP(sroundup_lwork_, float, FLT_EPSILON)
ROUNDUP(droundup_lwork_, double, DBL_EPSILON)

/* The index, from 1, of the first maximum; NaNs are ignored. */
#define PLACE_OF_LARGEST(name, type) \
    int name(int *n, type *x) \
    { \
        int place = 0; \
        for (int i = 0; i < *n; ++i) \
            if (!isnan(x[i]) && (!place || x[i] > x[place - 1])) \
                place = i + 1; \
        return place ? place : 1; \
    }
PLACE_OF_LARGEST(ismxlc_, float)
PLACE_OF_LARGEST(idmxlc_, double)

/* Called by libf2c before it exits; without its I/O there are no files to close. */
__attribute__((weak)) void f_exit(void) {}

/* Rotations: [c s; -conj(s) c] times [f; g] is [r; 0]. */

static void rotate(double f, double g, double *c, double *s, double *r)
{
    double large = fmax(fabs(f), fabs(g));
    int power = 0;
    if (g == 0) {
        *c = 1, *s = 0, *r = f;
        return;
    }
    if (f == 0) {
        *c = 0, *s = copysign(1, g), *r = fabs(g);
        return;
    }
    if (isfinite(large) && (large > 0x1p500 || large < 0x1p-500))
        frexp(large, &power);
    f = ldexp(f, -power), g = ldexp(g, -power);
    double d = sqrt(f * f + g * g), signed_d = copysign(d, f);
    *c = fabs(f) / d;
    *s = g / signed_d;
    *r = ldexp(signed_d, power);
}

int dlartg_(double *f, double *g, double *c, double *s, double *r)
{
    double cosine, sine, result;
    rotate(*f, *g, &cosine, &sine, &result);
    *c = cosine, *s = sine, *r = result;
    return 0;
}

int slartg_(float *f, float *g, float *c, float *s, float *r)
{
    double cosine, sine, result;
    rotate(*f, *g, &cosine, &sine, &result);
    *c = (float)cosine, *s = (float)sine, *r = (float)result;
    return 0;
}

/* A complex number as direction, magnitude and power of two. */
static int split(complex16 z, complex16 *direction, double *size)
{
    double large = fmax(fabs(z.r), fabs(z.i));
    int exponent = 0;
    if (isfinite(large))
        frexp(large, &exponent);
    z.r = ldexp(z.r, -exponent), z.i = ldexp(z.i, -exponent);
    *size = hypot(z.r, z.i);
    direction->r = z.r / *size, direction->i = z.i / *size;
    return exponent;
}

static void rotate_complex(complex16 f, complex16 g, double *c, complex16 *s, complex16 *r)
{
    complex16 along_f, along_g;
    double size_f, size_g;
    if (g.r == 0 && g.i == 0) {
        *c = 1, *s = (complex16){0, 0}, *r = f;
        return;
    }
    int power_g = split(g, &along_g, &size_g);
    if (f.r == 0 && f.i == 0) {
        *c = 0, *s = (complex16){along_g.r, -along_g.i}, *r = (complex16){ldexp(size_g, power_g), 0};
        return;
    }
    int power_f = split(f, &along_f, &size_f), power = power_f > power_g ? power_f : power_g;
    size_f = ldexp(size_f, power_f - power), size_g = ldexp(size_g, power_g - power);
    double d = sqrt(size_f * size_f + size_g * size_g), sine = size_g / d;
    *c = size_f / d;
    *s = (complex16){
        (along_f.r * along_g.r + along_f.i * along_g.i) * sine, (along_f.i * along_g.r - along_f.r * along_g.i) * sine};
    *r = (complex16){ldexp(along_f.r * d, power), ldexp(along_f.i * d, power)};
}

int zlartg_(complex16 *f, complex16 *g, double *c, complex16 *s, complex16 *r)
{
    complex16 sine, result;
    double cosine;
    rotate_complex(*f, *g, &cosine, &sine, &result);
    *c = cosine, *s = sine, *r = result;
    return 0;
}

int clartg_(complex8 *f, complex8 *g, float *c, complex8 *s, complex8 *r)
{
    complex16 sine, result;
    double cosine;
    rotate_complex((complex16){f->r, f->i}, (complex16){g->r, g->i}, &cosine, &sine, &result);
    *c = (float)cosine;
    *s = (complex8){(float)sine.r, (float)sine.i};
    *r = (complex8){(float)result.r, (float)result.i};
    return 0;
}

/* Sums of squares: update scale and sum so that scale*scale*sum also contains the squares of all numbers. */

#define SMALL 0x1p-511
#define LARGE 0x1p486
#define RAISE 0x1p537
#define LOWER 0x1p-538

/* The sums of squares of small, medium and large numbers, each with its own scale. */
typedef struct { double small, medium, large; } sums;

static void add(sums *all, double x)
{
    double size = fabs(x);
    if (size > LARGE)
        all->large += (size * LOWER) * (size * LOWER);
    else if (size < SMALL)
        all->small += (size * RAISE) * (size * RAISE);
    else
        all->medium += size * size; /* also for NaN */
}

/* The offset of the first of n elements with a distance of step elements, each of which has several parts. */
static ptrdiff_t first(int n, int step, int parts) { return step < 0 ? (ptrdiff_t)(1 - n) * step * parts : 0; }

static int squares(int n, const double *x, int step, int parts, double *scale, double *sum)
{
    sums all = {0, 0, 0};
    if (isnan(*scale) || isnan(*sum) || n <= 0)
        return 0;
    x += first(n, step, parts);
    for (int i = 0; i < n; ++i, x += (ptrdiff_t)step * parts)
        for (int part = 0; part < parts; ++part)
            add(&all, x[part]);
    add(&all, *scale * sqrt(*sum));
    if (all.large > 0) {
        *scale = 1 / LOWER;
        *sum = all.large + all.medium * LOWER * LOWER;
    } else if (all.medium == 0) {
        *scale = 1 / RAISE;
        *sum = all.small;
    } else {
        *scale = 1;
        *sum = all.medium + all.small / RAISE / RAISE;
    }
    return 0;
}

int dlassq_(int *n, double *x, int *step, double *scale, double *sum) { return squares(*n, x, *step, 1, scale, sum); }

int zlassq_(int *n, complex16 *x, int *step, double *scale, double *sum)
{
    return squares(*n, &x->r, *step, 2, scale, sum);
}

/* Squares of floats and their sums are in the range of double; only the result has to be scaled. */
static int float_squares(int n, const float *x, int step, int parts, float *scale, float *sum)
{
    int power = 0;
    if (isnan(*scale) || isnan(*sum) || n <= 0)
        return 0;
    double whole = (double)*scale * *scale * *sum;
    x += first(n, step, parts);
    for (int i = 0; i < n; ++i, x += (ptrdiff_t)step * parts)
        for (int part = 0; part < parts; ++part)
            whole += (double)x[part] * x[part];
    if (isfinite(whole) && whole > 0)
        frexp(whole, &power);
    *scale = (float)ldexp(1, power / 2);
    *sum = (float)ldexp(whole, -(power / 2 * 2));
    return 0;
}

int slassq_(int *n, float *x, int *step, float *scale, float *sum) { return float_squares(*n, x, *step, 1, scale, sum); }

int classq_(int *n, complex8 *x, int *step, float *scale, float *sum)
{
    return float_squares(*n, &x->r, *step, 2, scale, sum);
}
