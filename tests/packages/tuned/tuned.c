#include <Python.h>

uint32_t sum(const uint8_t *data, size_t length);

static PyObject *checksum(PyObject *self, PyObject *argument) {
    char *data;
    Py_ssize_t length;
    if (PyBytes_AsStringAndSize(argument, &data, &length)) return NULL;
    return PyLong_FromUnsignedLong(sum((uint8_t *)data, (size_t)length));
}

static PyMethodDef methods[] = {{"checksum", checksum, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "tuned", NULL, -1, methods};
PyMODINIT_FUNC PyInit_tuned(void) { return PyModule_Create(&module); }
