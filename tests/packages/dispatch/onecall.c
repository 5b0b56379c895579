#include <Python.h>
#include "versions.h"

VERSIONS static long squares(long limit) {
    long total = 0;
    for (long number = 0; number < limit; number++)
        total += number * number;
    return total;
}

static PyObject *sum(PyObject *module, PyObject *limit) {
    return PyLong_FromLong(squares(PyLong_AsLong(limit)));
}

static PyMethodDef methods[] = {{"sum", sum, METH_O, 0}, {0}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "onecall", 0, -1, methods};

PyMODINIT_FUNC PyInit_onecall(void) {
    return PyModule_Create(&definition);
}
