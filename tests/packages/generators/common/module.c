#include <Python.h>
#include "facts.h"
#include "build_facts.h"
#ifdef WITH_TARGET
#include "target_facts.h"
#else
#define CROSS_FACTS "not run"
#endif
static PyObject *facts(PyObject *self, PyObject *args) {
    (void)self; (void)args;
    return PyUnicode_FromString("build: " BUILD_FACTS "; target: " CROSS_FACTS "; module: " FACTS ";");
}
static PyMethodDef methods[] = {{"facts", facts, METH_NOARGS, "Facts of three compilations."}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef m = {PyModuleDef_HEAD_INIT, "generated", NULL, -1, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_generated(void) { return PyModule_Create(&m); }
