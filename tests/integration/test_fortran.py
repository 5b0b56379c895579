"""Fortran 77 without a Fortran compiler: built by f2c, run in Pyodide and on emulated processors."""

from __future__ import annotations

from pathlib import Path

import pytest

import crosswheel
from crosswheel import BuildOptions, Stage

pytestmark = pytest.mark.network

TARGETS = pytest.mark.parametrize("target", ["pyodide_2025_0_wasm32", "linux-riscv64"])
CALLS = {
    "scaled": [4.0, 8.0, 12.0],
    "integral": True,
    "seen": 28.0,
    "zmul": (-5.0, 12.0),
    "cadd": (1.0, -4.0),
    "ztest": (-4.0, 8.0),
    "reals": 4.0,
    "same": [1, 0],
    "text": "n =   4   0.500 !" + 7 * " ",
    "greeting": "hello, you  ",
    "wide": 10**10,
    "chosen": [0, 10, 20],
    "factorial": 120,
    "shared": (6, 2.0),
    "ending": 2.0,
    "steps": 7,
}


def build(source: Path, out: Path, target: str, **options: object):
    (result,) = crosswheel.build(
        [str(source)], targets=[target], pythons=["3.13"], options=BuildOptions(output_directory=out, **options)
    )
    return result


@TARGETS
def test_fortran_and_c_call_each_other(packages: Path, tmp_path: Path, target: str) -> None:
    check = f'python -c "import seventyseven; told = seventyseven.all(); assert told == {CALLS!r}, told"'
    result = build(packages / "seventyseven", tmp_path, target, test=True, test_commands=(check,))
    assert result.error is None, result.error
    assert result.stage is Stage.TESTED


WRONG = """\
#include <Python.h>

void twice_it_(int *n, double *x);
int visit_all_(int *n, void (*visit)(int *, int *));

static int total;

static void add(int *i, int *n)
{
    if (*i > *n)
        return;
    total += *i;
}

static PyObject *run(PyObject *self, PyObject *arguments)
{
    int n = 3;
    double x[] = {1, 2, 3};
    twice_it_(&n, x);
    visit_all_(&n, add);
    return Py_BuildValue("di", x[2], total);
}

static PyMethodDef methods[] = {{"run", run, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "wrong", NULL, -1, methods};
PyMODINIT_FUNC PyInit_wrong(void) { return PyModule_Create(&module); }
"""
FORTRAN = """\
      SUBROUTINE TWICE_IT(N, X)
      INTEGER N, I
      DOUBLE PRECISION X(N)
      DO 10 I = 1, N
   10 X(I) = 2 * X(I)
      END
      SUBROUTINE VISIT_ALL(N, VISIT)
      INTEGER N, I
      EXTERNAL VISIT
      DO 20 I = 1, N
   20 CALL VISIT(I, N)
      END
"""
SETUP = """\
import os, subprocess
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
class WithFortran(build_ext):
    def build_extension(self, extension):
        extension.extra_objects = []
        objects = self.compiler.compile(["wrong.c"], include_dirs=self.compiler.include_dirs)
        subprocess.run([os.environ["FC"], "-c", "-O2", {options} "{source}", "-o", "sub.o"], check=True)
        extension.sources, extension.extra_objects = [], [*objects, "sub.o"]
        super().build_extension(extension)
setup(ext_modules=[Extension("wrong", ["wrong.c"], libraries=["gfortran"])], cmdclass={{"build_ext": WithFortran}})
"""


def project(place: Path, c: str, fortran: str, source: str = "sub.f", options: str = "") -> Path:
    """A project with one C file, which is compiled first, and one of Fortran."""
    place.mkdir()
    (place / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools>=77"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "wrong"\nversion = "1"\n',
        "utf-8",
    )
    (place / "setup.py").write_text(SETUP.format(source=source, options=options), "utf-8")
    (place / "wrong.c").write_text(c, "utf-8")
    (place / source).write_text(fortran, "utf-8")
    return place


@TARGETS
def test_c_that_takes_subroutines_for_void_functions_stops_the_build(tmp_path: Path, target: str) -> None:
    result = build(project(tmp_path / "p", WRONG, FORTRAN), tmp_path, target)
    assert result.error is not None
    log = result.log.read_text("utf-8")
    assert "wrong.c:3: error: twice_it_ is declared void; a SUBROUTINE is a function that returns int" in log
    assert "wrong.c:4: error: argument 2 of visit_all_ is declared a pointer to a function that returns void" in log
    assert "wrong.c:20: error: add is void and is given to visit_all_" in log
    assert "--mend-fortran" in log


@TARGETS
def test_such_c_is_mended_where_a_person_allows_it(tmp_path: Path, target: str) -> None:
    check = 'python -c "import wrong; told = wrong.run(); assert told == (6.0, 6), told"'
    place = project(tmp_path / "p", WRONG, FORTRAN)
    result = build(place, tmp_path, target, mend_fortran=True, test=True, test_commands=(check,))
    assert result.error is None, result.error
    assert result.stage is Stage.TESTED


@pytest.mark.parametrize(
    ("source", "fortran", "options", "said"),
    [
        ("sub.f90", "subroutine a\nend subroutine a\n", "", "sub.f90 is Fortran 90 or later"),
        ("sub.f", "      MODULE A\n      END\n", "", "sub.f:1: error: a module is Fortran 90 or later"),
        ("sub.f", FORTRAN, '"-fdefault-real-8", ', "-fdefault-real-8: f2c has no default REAL of 8 bytes"),
        ("sub.f", "      SUBROUTINE A\n      X = = 1\n      END\n", "", "sub.f:2: error: syntax error"),
    ],
)
def test_what_is_not_fortran_77_is_refused(tmp_path: Path, source: str, fortran: str, options: str, said: str) -> None:
    place = project(tmp_path / "p", WRONG.replace("void twice", "int twice"), fortran, source, options)
    result = build(place, tmp_path, "linux-riscv64", mend_fortran=True)
    assert result.error is not None
    assert said in result.log.read_text("utf-8")
