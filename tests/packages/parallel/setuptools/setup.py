"""Two modules in C and C++; OpenMP is used if a small program that uses it links."""

import tempfile
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

PROGRAM = """
#include <omp.h>
int main(void)
{
    return omp_get_max_threads() == 0;
}
"""


class BuildExt(build_ext):
    def build_extensions(self):
        with tempfile.TemporaryDirectory() as directory:
            source = Path(directory, "probe.c")
            source.write_text(PROGRAM)
            try:
                objects = self.compiler.compile([str(source)], directory, extra_postargs=["-fopenmp"])
                self.compiler.link_executable(objects, "probe", directory, extra_postargs=["-fopenmp"])
            except Exception as error:
                print("without OpenMP:", error)
            else:
                first, second = self.extensions
                first.extra_compile_args, first.extra_link_args = ["-fopenmp"], ["-fopenmp"]
                second.extra_compile_args, second.libraries = ["-Xpreprocessor", "-fopenmp"], ["gomp"]
        super().build_extensions()


setup(
    packages=[],
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension("loops", ["loops.c"]), Extension("inner.tasks", ["tasks.cpp"], language="c++")],
)
