/* The header with what setup.py was told is checked where it is included. */
#include <Python.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <wchar.h>
#ifdef _WIN32
#include <io.h>
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <dlfcn.h>
#include <sys/socket.h>
#endif

#if defined __BYTE_ORDER__ && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define IS_BIG_ENDIAN 1
#else
#define IS_BIG_ENDIAN 0
#endif

struct pair {
    char tag;
    long count;
    void *next;
    _Bool flag;
};

#include "facts.h"

static PyObject *facts(PyObject *self, PyObject *nothing) { return PyLong_FromLong(FACTS); }

static PyMethodDef methods[] = {{"facts", facts, METH_NOARGS, NULL}, {NULL}};
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "asking", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_asking(void) { return PyModule_Create(&def); }
