#include <Python.h>

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_headed", NULL, -1, NULL};

PyMODINIT_FUNC PyInit__headed(void) { return PyModule_Create(&module); }
