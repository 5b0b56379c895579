from setuptools import Extension, setup

setup(ext_modules=[Extension("_packed", ["packed.c"], libraries=["z"])], py_modules=["packed"])
