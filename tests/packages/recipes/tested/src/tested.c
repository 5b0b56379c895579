#include <Python.h>

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_tested", NULL, -1, NULL};
PyMODINIT_FUNC PyInit__tested(void) { return PyModule_Create(&module); }
