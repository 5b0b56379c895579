#include <Python.h>
static struct PyModuleDef m = {PyModuleDef_HEAD_INIT, "legacy", NULL, -1, NULL, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_legacy(void) { return PyModule_Create(&m); }
