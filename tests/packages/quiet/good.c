#include <Python.h>
static struct PyModuleDef m = {PyModuleDef_HEAD_INIT, "_good", NULL, -1, NULL, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit__good(void) { return PyModule_Create(&m); }
