#include <Python.h>
#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#include <numpy/arrayobject.h>
#include <numpy/npy_math.h>
static PyObject *facts(PyObject *self, PyObject *args)
{
    double x = npy_nextafter(1.0, 2.0);
    return Py_BuildValue("{s:i,s:i,s:i,s:i,s:s,s:d}", "int64", (int)sizeof(npy_int64), "intp", (int)sizeof(npy_intp),
                         "longdouble", (int)NPY_SIZEOF_LONGDOUBLE, "long", (int)NPY_SIZEOF_LONG,
                         "order", NPY_BYTE_ORDER == NPY_BIG_ENDIAN ? "big" : "little", "next", x);
}
static PyMethodDef methods[] = {{"facts", facts, METH_NOARGS, NULL}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "numeric", NULL, -1, methods};
PyMODINIT_FUNC PyInit_numeric(void) { import_array(); return PyModule_Create(&module); }
