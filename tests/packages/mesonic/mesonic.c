#include <Python.h>
static PyObject *facts(PyObject *self, PyObject *args) {
    (void)self; (void)args;
    return Py_BuildValue("(iis)", RUN_SAID, (int)sizeof(void *), FAMILY);
}
static PyMethodDef methods[] = {{"facts", facts, METH_NOARGS, "Facts."}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef m = {PyModuleDef_HEAD_INIT, "mesonic", NULL, -1, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_mesonic(void) { return PyModule_Create(&m); }
