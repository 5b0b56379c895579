"""Fortran 77 without a Fortran compiler: built by f2c, run in Pyodide and on emulated processors."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import crosswheel
from crosswheel import BuildOptions, Stage
from crosswheel.downloads.debian import fetch_source
from crosswheel.host import Host

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
    check = f'python -c "import seventyseven; values = seventyseven.all(); assert values == {CALLS!r}, values"'
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


def project(directory: Path, c: str, fortran: str, source: str = "sub.f", options: str = "") -> Path:
    """A project with one C file, which is compiled first, and one of Fortran."""
    directory.mkdir()
    (directory / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools>=77"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "wrong"\nversion = "1"\n',
        "utf-8",
    )
    (directory / "setup.py").write_text(SETUP.format(source=source, options=options), "utf-8")
    (directory / "wrong.c").write_text(c, "utf-8")
    (directory / source).write_text(fortran, "utf-8")
    return directory


@TARGETS
def test_c_that_takes_subroutines_for_void_functions_stops_the_build(tmp_path: Path, target: str) -> None:
    result = build(project(tmp_path / "p", WRONG, FORTRAN), tmp_path, target)
    assert result.error is not None
    log = result.log.read_text("utf-8")
    assert "wrong.c:3: error: twice_it_ is declared void; a SUBROUTINE is a function that returns int" in log
    assert "wrong.c:4: error: argument 2 of visit_all_ is declared a pointer to a function that returns void" in log
    assert "wrong.c:20: error: add is void and is passed to visit_all_, which calls it as a SUBROUTINE" in log
    assert "--fix-fortran-prototypes" in log


@TARGETS
def test_such_c_is_fixed_where_that_is_allowed(tmp_path: Path, target: str) -> None:
    check = 'python -c "import wrong; values = wrong.run(); assert values == (6.0, 6), values"'
    directory = project(tmp_path / "p", WRONG, FORTRAN)
    result = build(directory, tmp_path, target, fix_fortran_prototypes=True, test=True, test_commands=(check,))
    assert result.error is None, result.error
    assert result.stage is Stage.TESTED


@pytest.mark.parametrize(
    ("source", "fortran", "options", "error"),
    [
        ("sub.f90", "subroutine a\nuse things\nend subroutine a\n", "", "sub.f90:2: error: USE is Fortran 90 or later"),
        ("sub.f", "      MODULE A\n      END\n", "", "sub.f:1: error: a module is Fortran 90 or later"),
        ("sub.f", FORTRAN, '"-fdefault-real-8", ', "-fdefault-real-8: f2c has no default REAL of 8 bytes"),
        ("sub.f", "      SUBROUTINE A\n      X = = 1\n      END\n", "", "sub.f:2: error: syntax error"),
    ],
)
def test_what_is_not_fortran_77_is_refused(tmp_path: Path, source: str, fortran: str, options: str, error: str) -> None:
    directory = project(tmp_path / "p", WRONG.replace("void twice", "int twice"), fortran, source, options)
    result = build(directory, tmp_path, "linux-riscv64", fix_fortran_prototypes=True)
    assert result.error is not None
    assert error in result.log.read_text("utf-8")


CMAKE = """\
cmake_minimum_required(VERSION 3.20)
project(wrong LANGUAGES C Fortran)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
python_add_library(wrong MODULE WITH_SOABI wrong.c sub.f)
install(TARGETS wrong DESTINATION .)
"""
MESON = """\
project('wrong', 'c', 'fortran', version: '1')
py = import('python').find_installation()
py.extension_module('wrong', 'wrong.c', 'sub.f', install: true)
"""


@TARGETS
@pytest.mark.parametrize(
    ("backend", "requires", "file", "text"),
    [("scikit_build_core.build", "scikit-build-core", "CMakeLists.txt", CMAKE),
     ("mesonpy", "meson-python", "meson.build", MESON)],
)  # fmt: skip
def test_build_systems_take_the_wrapper_for_a_compiler(
    tmp_path: Path, target: str, backend: str, requires: str, file: str, text: str
) -> None:
    directory = project(tmp_path / "p", WRONG, FORTRAN)
    (directory / "pyproject.toml").write_text(
        f'[build-system]\nrequires = ["{requires}"]\nbuild-backend = "{backend}"\n'
        f'[project]\nname = "wrong"\nversion = "1"\n',
        "utf-8",
    )
    (directory / "setup.py").unlink()
    (directory / file).write_text(text, "utf-8")
    check = 'python -c "import wrong; values = wrong.run(); assert values == (6.0, 6), values"'
    result = build(directory, tmp_path, target, fix_fortran_prototypes=True, test=True, test_commands=(check,))
    assert result.error is None, result.error
    assert result.stage is Stage.TESTED


F2PY = """\
      subroutine sums(n, x, total)
      integer n, i
      double precision x(n), total
Cf2py intent(in) x
Cf2py intent(out) total
Cf2py integer intent(hide), depend(x) :: n = len(x)
      total = 0
      do 10 i = 1, n
   10 total = total + x(i)
      end
      complex*16 function turn(z)
      complex*16 z
      turn = (0d0, 1d0) * z
      end
"""
F2PY_SETUP = """\
import os, subprocess, sys
from pathlib import Path
import numpy
from numpy import f2py
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
class WithFortran(build_ext):
    def build_extension(self, extension):
        subprocess.run([sys.executable, "-m", "numpy.f2py", "-m", "wrong", "sub.f"], check=True)
        for source in ["sub.f", *map(str, Path().glob("*f2pywrappers.f"))]:
            subprocess.run([os.environ["FC"], "-c", "-O2", "-fPIC", source], check=True)
            extension.extra_objects.append(str(Path(source).with_suffix(".o")))
        extension.sources = ["wrongmodule.c", "fortranobject.c"]
        Path("fortranobject.c").write_bytes((Path(f2py.get_include()) / "fortranobject.c").read_bytes())
        extension.include_dirs += [numpy.get_include(), f2py.get_include()]
        super().build_extension(extension)
setup(ext_modules=[Extension("wrong", [], libraries=["gfortran"])], cmdclass={"build_ext": WithFortran})
"""


def test_what_f2py_writes_is_fixed(tmp_path: Path) -> None:
    """Built and proven, for a target that numpy has a wheel for: building that one first takes minutes."""
    directory = project(tmp_path / "p", WRONG, F2PY)
    text = (directory / "pyproject.toml").read_text("utf-8")
    text = text.replace('"setuptools>=77"', '"setuptools>=77", "numpy>=2.2"')
    (directory / "pyproject.toml").write_text(text, "utf-8")
    (directory / "setup.py").write_text(F2PY_SETUP, "utf-8")
    # Rebuilt, since the test reads the log.
    result = build(directory, tmp_path, "linux-aarch64", rebuild=True)
    assert result.error is None, result.error
    assert "f2py_func points to void functions" in result.log.read_text("utf-8")
    assert any("mismatches of C and Fortran fixed" in note for note in result.notes)


LAPACK = {
    "SRC": "dgesv dgetrf dgetrf2 dgetf2 dlaswp dgetrs ilaenv ieeeck iparmq iparam2stage",
    "BLAS/SRC": "dgemm dtrsm dger dscal dswap idamax lsame",
    "INSTALL": "dlamchf77",
}
# Reference LAPACK's own XERBLA has an intrinsic function of Fortran 90 in it.
REST = """\
      SUBROUTINE XERBLA(SRNAME, INFO)
      CHARACTER*(*) SRNAME
      INTEGER INFO
      WRITE (*, *) SRNAME, INFO
      END
"""
SOLVE = """\
#include <Python.h>
#include <math.h>
#include <stdlib.h>

enum { N = 200 };

int dgesv_(int *n, int *nrhs, double *a, int *lda, int *ipiv, double *b, int *ldb, int *info);
double dlamch_(const char *what, int length);

/* The residual of a system of 200 equations, in units of what rounding explains. */
static PyObject *run(PyObject *self, PyObject *arguments)
{
    double *a = malloc(sizeof(double) * N * N), *kept = malloc(sizeof(double) * N * N), x[N], b[N], worst = 0;
    int n = N, one = 1, info = -1, pivots[N];
    unsigned state = 1;
    for (int i = 0; i < N * N; i++) {
        state = state * 1664525u + 1013904223u;
        a[i] = kept[i] = state / 4294967296.0 - 0.5;
    }
    for (int i = 0; i < N; i++)
        x[i] = b[i] = i + 1;
    dgesv_(&n, &one, a, &n, pivots, x, &n, &info);
    for (int i = 0; i < N; i++) {
        double sum = -b[i], size = fabs(b[i]);
        for (int j = 0; j < N; j++) {
            sum += kept[i + j * N] * x[j];
            size += fabs(kept[i + j * N] * x[j]);
        }
        worst = fmax(worst, fabs(sum) / size);
    }
    free(a);
    free(kept);
    return Py_BuildValue("id", info, worst / dlamch_("Epsilon", 7));
}

static PyMethodDef methods[] = {{"run", run, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "solve", NULL, -1, methods};
PyMODINIT_FUNC PyInit_solve(void) { return PyModule_Create(&module); }
"""
SOLVE_SETUP = """\
import os, subprocess
import shutil
from pathlib import Path
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
class WithFortran(build_ext):
    def build_extension(self, extension):
        sources = [str(path) for path in sorted(Path("lapack").glob("*.[fF]"))]
        subprocess.run([os.environ["F77"], "-c", "-O2", "-fPIC", "-frecursive", *sources], check=True)
        objects = [Path(source).with_suffix(".o").name for source in sources]
        subprocess.run([os.environ["AR"], "rcs", "liblapack.a", *objects], check=True)
        super().build_extension(extension)
setup(
    ext_modules=[Extension("solve", ["solve.c"], libraries=["lapack", "gfortran"], library_dirs=["."])],
    cmdclass={"build_ext": WithFortran},
)
"""


@TARGETS
def test_reference_lapack_solves_a_system(host: Host, tmp_path: Path, target: str) -> None:
    directory = project(tmp_path / "p", SOLVE, REST)
    (directory / "wrong.c").rename(directory / "solve.c")
    (directory / "setup.py").write_text(SOLVE_SETUP, "utf-8")
    (directory / "lapack").mkdir()
    (directory / "sub.f").rename(directory / "lapack" / "rest.f")
    sources = fetch_source(host, "trixie", "lapack")
    for folder, names in LAPACK.items():
        for name in names.split():
            (source,) = (sources / folder).glob(f"{name}.[fF]")
            shutil.copyfile(source, directory / "lapack" / source.name)
    check = 'python -c "import solve; info, error = solve.run(); assert info == 0 and error < 200, (info, error)"'
    result = build(directory, tmp_path, target, test=True, test_commands=(check,))
    assert result.error is None, result.error
    assert result.stage is Stage.TESTED
