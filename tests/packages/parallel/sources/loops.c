#include <Python.h>
#ifdef _OPENMP
#include <omp.h>
#endif

/* Returns the number of threads that took part, and a sum. */
static PyObject *run(PyObject *module, PyObject *unused) {
    int threads = 0;
    long total = 0;
#ifdef _OPENMP
    omp_set_num_threads(2);
#endif
#pragma omp parallel reduction(+ : threads)
    threads++;
#pragma omp parallel for schedule(dynamic, 8) reduction(+ : total)
    for (long number = 0; number < 1000; number++)
        total += number;
    return Py_BuildValue("il", threads, total);
}

static PyMethodDef methods[] = {{"run", run, METH_NOARGS, 0}, {0}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "loops", 0, -1, methods};

PyMODINIT_FUNC PyInit_loops(void) {
    return PyModule_Create(&definition);
}
