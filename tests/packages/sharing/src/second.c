/* Module second. */
#include <Python.h>
#include <tally.h>

/* By the variable, by a function that is called, and by one that is pointed to. */
static long (*total)(void) = tally_total;
static PyObject *seen(PyObject *self, PyObject *none)
{
    return Py_BuildValue("lll", tally_count, tally_total(), total());
}
static PyMethodDef methods[] = {{"seen", seen, METH_NOARGS, "How many there are."}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "second", NULL, -1, methods};
PyMODINIT_FUNC PyInit_second(void) { return PyModule_Create(&module); }
