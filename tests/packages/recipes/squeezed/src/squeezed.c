#include <Python.h>
#include <lz4only.h>

static PyObject *squeezed(PyObject *self, PyObject *args) {
    char plain[1000] = {0}, packed[1100];
    return PyLong_FromLong(LZ4_ONLY * LZ4_compress_default(plain, packed, sizeof plain, sizeof packed));
}
static PyMethodDef methods[] = {{"squeezed", squeezed, METH_NOARGS, NULL}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "squeezed", NULL, -1, methods};
PyMODINIT_FUNC PyInit_squeezed(void) { return PyModule_Create(&module); }
