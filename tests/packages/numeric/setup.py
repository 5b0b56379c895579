"""Compiles C and Cython with numpy's headers, given by a relative path, and links its static library."""

import os

import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup

include = os.path.relpath(numpy.get_include())
modules = [
    Extension(
        "numeric",
        ["numeric.c"],
        include_dirs=[include],
        library_dirs=[f"{include}/../lib"],
        libraries=["npymath"],
    ),
    *cythonize([Extension("numeric_cython", ["numeric_cython.pyx"], include_dirs=[include])]),
]
setup(ext_modules=modules)
