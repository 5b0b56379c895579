#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *doubled(PyObject *self, PyObject *argument)
{
    long number = PyLong_AsLong(argument);
    if (number == -1 && PyErr_Occurred())
        return NULL;
    return PyLong_FromLong(2 * number);
}

static PyMethodDef methods[] = {{"doubled", doubled, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "stable", NULL, 0, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_stable(void)
{
    return PyModule_Create(&module);
}
