/* Module first. */
#include <Python.h>
#include <tally.h>

static PyObject *add(PyObject *self, PyObject *none) { return PyLong_FromLong(tally_add()); }
static PyMethodDef methods[] = {{"add", add, METH_NOARGS, "One more."}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "first", NULL, -1, methods};
PyMODINIT_FUNC PyInit_first(void) { return PyModule_Create(&module); }
