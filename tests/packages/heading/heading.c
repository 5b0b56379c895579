#include <Python.h>
#include <headed.h>

_Static_assert(HEADED_POINTER == sizeof(void *), "a header of another platform");

static PyObject *facts(PyObject *self, PyObject *nothing)
{
    return Py_BuildValue("(iii)", HEADED_POINTER, HEADED_BIG, headed_answer());
}

static PyMethodDef methods[] = {{"facts", facts, METH_NOARGS, NULL}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "heading", NULL, -1, methods};

PyMODINIT_FUNC PyInit_heading(void) { return PyModule_Create(&module); }
