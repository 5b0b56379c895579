from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension("stable", ["stable.c"], py_limited_api=True, define_macros=[("Py_LIMITED_API", "0x030a0000")]),
    ],
    options={"bdist_wheel": {"py_limited_api": "cp310"}},
)
