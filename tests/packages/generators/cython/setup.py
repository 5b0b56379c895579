import os
import shlex
import subprocess
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

WORK = Path("work")


def facts(compiler, name, *words):
    program = WORK / f"gen-{name}"
    subprocess.run([*shlex.split(compiler), "gen_pxi.c", "-o", program], check=True)
    found = program if program.exists() else program.with_suffix(".exe")
    return subprocess.run([found.resolve(), name, *words], check=True, capture_output=True, text=True).stdout


WORK.mkdir(exist_ok=True)
line = facts(os.environ.get("BUILD_CC", "cc"), "build")
line += facts(os.environ["CC"], "target", "more") if "WITH_TARGET" in os.environ else "target: not run; "
Path("facts.pxi").write_text(f'{line}"\n')
setup(ext_modules=cythonize([Extension("generated", ["generated.pyx"])]))
