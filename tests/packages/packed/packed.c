/* An extension that needs a native library. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <zlib.h>

static PyObject *checksum(PyObject *self, PyObject *arguments)
{
    const char *data;
    Py_ssize_t length;
    if (!PyArg_ParseTuple(arguments, "y#", &data, &length))
        return NULL;
    return PyLong_FromUnsignedLong(crc32(0, (const Bytef *)data, (uInt)length));
}

static PyMethodDef methods[] = {{"checksum", checksum, METH_VARARGS, "CRC-32."}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_packed", NULL, 0, methods};

PyMODINIT_FUNC PyInit__packed(void)
{
    return PyModule_Create(&module);
}
