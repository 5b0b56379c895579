"""The form in which projects asked for cffi before pyproject.toml: to build, and to run."""

from setuptools import setup

setup(
    name="foreign",
    version="1.0",
    py_modules=["foreign"],
    setup_requires=["cffi>=1.17"],
    install_requires=["cffi>=1.17"],
    cffi_modules=["foreign_build.py:ffi"],
)
