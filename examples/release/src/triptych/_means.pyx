# cython: language_level=3, boundscheck=False, wraparound=False
"""Means of arrays of doubles."""

from array import array


def mean(const double[::1] values not None):
    """Return the arithmetic mean.

    :raises ValueError: if there are no values.
    """
    cdef double total = 0.0
    cdef Py_ssize_t i
    if values.shape[0] == 0:
        raise ValueError("there are no values")
    for i in range(values.shape[0]):
        total += values[i]
    return total / values.shape[0]


def moving_mean(const double[::1] values not None, Py_ssize_t width):
    """Return the means of all ``width`` consecutive values, as an array.

    :raises ValueError: if the width is not between 1 and the number of values.
    """
    if not 1 <= width <= values.shape[0]:
        raise ValueError(f"width is {width}, of {values.shape[0]} values")
    result = array("d", bytes(8 * (values.shape[0] - width + 1)))
    cdef double[::1] means = result
    cdef double total = 0.0
    cdef Py_ssize_t i
    for i in range(values.shape[0]):
        total += values[i]
        if i >= width:
            total -= values[i - width]
        if i >= width - 1:
            means[i - width + 1] = total / width
    return result
