#include <Python.h>
#include <numbers>

#if __cplusplus < 202002L
#error not the standard that was asked for
#endif

extern "C" int plusplus_both(void);
extern "C" __attribute__((visibility("default"))) int plusplus_three(void) { return plusplus_both() + ONLY_PLUSPLUS; }

static PyObject *three(PyObject *, PyObject *) { return PyLong_FromLong(plusplus_three() * int(std::numbers::pi) / 3); }
static PyMethodDef methods[] = {{"three", three, METH_NOARGS, nullptr}, {}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "plusplus", nullptr, -1, methods};
PyMODINIT_FUNC PyInit_plusplus(void) { return PyModule_Create(&module); }
