import os
import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class Make(build_ext):
    def run(self):
        subprocess.run(["make", "headers"], check=True)
        super().run()


macros = [("WITH_TARGET", "1")] if "WITH_TARGET" in os.environ else []
setup(cmdclass={"build_ext": Make}, ext_modules=[Extension("generated", ["module.c"], define_macros=macros)])
