#include <Python.h>
#include <vector>
#ifdef _OPENMP
#include <omp.h>
#endif

static long fibonacci(int number) {
    if (number < 2)
        return number;
    std::vector<long> parts(2);
#pragma omp task shared(parts)
    parts[0] = fibonacci(number - 1);
#pragma omp task shared(parts)
    parts[1] = fibonacci(number - 2);
#pragma omp taskwait
    return parts[0] + parts[1];
}

static PyObject *run(PyObject *, PyObject *) {
    long result = 0;
#pragma omp parallel num_threads(2)
#pragma omp single
    result = fibonacci(10);
#ifdef _OPENMP
    return Py_BuildValue("li", result, omp_get_max_threads());
#else
    return Py_BuildValue("li", result, 0);
#endif
}

static PyMethodDef methods[] = {{"run", run, METH_NOARGS, nullptr}, {nullptr, nullptr, 0, nullptr}};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "tasks", nullptr, -1, methods, nullptr, nullptr, nullptr, nullptr};

PyMODINIT_FUNC PyInit_tasks() {
    return PyModule_Create(&definition);
}
