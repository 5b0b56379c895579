#include <geos_c.h>
#include <math.h>

int check(void)
{
    GEOSContextHandle_t context = GEOS_init_r();
    GEOSWKTReader *reader = GEOSWKTReader_create_r(context);
    GEOSGeometry *one = GEOSWKTReader_read_r(context, reader, "POLYGON((0 0,2 0,2 2,0 2,0 0))");
    GEOSGeometry *other = GEOSWKTReader_read_r(context, reader, "POLYGON((1 1,3 1,3 3,1 3,1 1))");
    double area = 0;
    /* The message of a C++ exception. */
    if (GEOSWKTReader_read_r(context, reader, "POLYGON((")) return 1;
    GEOSGeometry *both = GEOSIntersection_r(context, one, other);
    if (!both || !GEOSArea_r(context, both, &area)) return 2;
    GEOSGeom_destroy_r(context, one);
    GEOSGeom_destroy_r(context, other);
    GEOSGeom_destroy_r(context, both);
    GEOSWKTReader_destroy_r(context, reader);
    GEOS_finish_r(context);
    return fabs(area - 1) > 1e-12;
}
