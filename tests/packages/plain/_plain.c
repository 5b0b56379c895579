#include <Python.h>
#include <math.h>
#include <string.h>

int plain_pointer_bits(void);

static PyObject *facts(PyObject *self, PyObject *args) {
    unsigned int one = 1;
    double x;
    (void)self;
    if (!PyArg_ParseTuple(args, "d", &x)) return NULL;
    return Py_BuildValue("{s:i,s:s,s:d,s:i}", "bits", plain_pointer_bits(), "endian",
                         *(unsigned char *)&one ? "little" : "big", "exp", exp(x), "long", (int)sizeof(long));
}

static PyMethodDef methods[] = {{"facts", facts, METH_VARARGS, "Facts of the platform."}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_plain", NULL, -1, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit__plain(void) { return PyModule_Create(&module); }
