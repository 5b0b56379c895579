#include <Python.h>

static PyObject *vectors(PyObject *module, PyObject *unused) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_cpu_init();
    return PyBool_FromLong(__builtin_cpu_supports("sse2"));
#elif defined(__aarch64__)
    return PyBool_FromLong(__builtin_cpu_supports("sve"));
#else
    __builtin_cpu_init();
    return PyBool_FromLong(__builtin_cpu_supports("v"));
#endif
}

static PyMethodDef methods[] = {{"vectors", vectors, METH_NOARGS, 0}, {0}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "asking", 0, -1, methods};

PyMODINIT_FUNC PyInit_asking(void) {
    return PyModule_Create(&definition);
}
