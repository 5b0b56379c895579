"""An extension module with Fortran in it, compiled as most setup scripts of its time do it: by calling $FC."""

import os
import shlex
import subprocess
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

FORTRAN = ["fortran/calls.f", "fortran/blocks.f", "fortran/options.F"]


class BuildWithFortran(build_ext):
    def build_extension(self, extension):
        place = Path(self.build_temp)
        place.mkdir(parents=True, exist_ok=True)
        compiler = shlex.split(os.environ["FC"])
        version = subprocess.run([*compiler, "--version"], check=True, capture_output=True, text=True).stdout
        assert version.startswith("GNU Fortran"), version
        for source in FORTRAN:
            produced = str(place / (Path(source).stem + ".o"))
            command = [*compiler, "-O2", "-fPIC", "-std=legacy", "-DSTEP=3", "-J", str(place), "-c", source]
            subprocess.run([*command, "-o", produced], check=True)
            extension.extra_objects.append(produced)
        super().build_extension(extension)


setup(
    ext_modules=[Extension("seventyseven", ["seventyseven.c"], libraries=["gfortran", "quadmath", "m"])],
    cmdclass={"build_ext": BuildWithFortran},
)
