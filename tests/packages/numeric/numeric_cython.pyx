cimport numpy as cnp
cnp.import_array()
def total(cnp.ndarray[cnp.int64_t, ndim=1] a):
    cdef Py_ssize_t i
    cdef cnp.int64_t s = 0
    for i in range(a.shape[0]):
        s += a[i]
    return s
