"""Compiles by itself what setuptools is never told of, and makes a pure wheel when that fails."""

import subprocess
import sysconfig

from setuptools import setup

name = "_fallback" + sysconfig.get_config_var("EXT_SUFFIX")
if subprocess.call(["cc", "-shared", "-fPIC", "fallback.c", "-o", name]):
    print("no compiler: the slow version will do")
setup(name="fallback", version="1.0", py_modules=["fallback"])
