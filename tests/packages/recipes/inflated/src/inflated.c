#include <Python.h>
#include <zlib.h>

static PyObject *there_and_back(PyObject *self, PyObject *args) {
    Bytef plain[1000] = {1, 2, 3}, packed[1100], again[1000];
    uLongf length = sizeof packed, unpacked = sizeof again;
    if (compress2(packed, &length, plain, sizeof plain, LEVEL) != Z_OK ||
        uncompress(again, &unpacked, packed, length) != Z_OK || memcmp(plain, again, sizeof plain))
        return PyErr_SetString(PyExc_ValueError, "what came back is not what went in"), NULL;
    return PyLong_FromLong((long)length);
}
static PyMethodDef methods[] = {{"there_and_back", there_and_back, METH_NOARGS, NULL}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "inflated", NULL, -1, methods};
PyMODINIT_FUNC PyInit_inflated(void) { return PyModule_Create(&module); }
