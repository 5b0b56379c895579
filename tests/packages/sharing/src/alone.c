/* Module alone. */
#include <Python.h>

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "alone", NULL, -1, NULL};
PyMODINIT_FUNC PyInit_alone(void) { return PyModule_Create(&module); }
