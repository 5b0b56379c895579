#include <Python.h>

static PyObject *colour(PyObject *self, PyObject *args) { return PyUnicode_FromString(COLOUR); }
static PyMethodDef methods[] = {{"colour", colour, METH_NOARGS, NULL}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "flagged", NULL, -1, methods};
PyMODINIT_FUNC PyInit_flagged(void) { return PyModule_Create(&module); }
