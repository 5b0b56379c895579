"""Two modules that select code by the processor; the second is compiled and linked by one call."""

import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        if ext.name == "onecall":
            includes = [f"-I{path}" for path in (*self.compiler.include_dirs, "include")]
            output = self.get_ext_fullpath(ext.name)
            subprocess.run(["cc", "-shared", "-O2", "-fPIC", *includes, *ext.sources, "-o", output], check=True)
        else:
            super().build_extension(ext)


setup(
    py_modules=[],
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension("asking", ["asking.c"]), Extension("onecall", ["onecall.c"], include_dirs=["include"])],
)
