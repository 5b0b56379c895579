"""Dependencies that wine cannot run: they are named, and built so that the wheel that requires them is tested."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

import crosswheel
from crosswheel import BuildOptions
from crosswheel.building.results import Stage, WheelResult

pytestmark = pytest.mark.network

MODULE = """
#include <Python.h>
#ifdef OF_WINDOWS
__declspec(dllimport) float crealf(float _Complex);
static float real(float _Complex number) { float (*volatile f)(float _Complex) = crealf; return f(number); }
#else
static float real(float _Complex number) { return __real__ number; }
#endif
static PyObject *half(PyObject *self, PyObject *args) { return PyFloat_FromDouble(real(0.5f + 2.0if)); }
static PyMethodDef methods[] = {{"half", half, METH_NOARGS, ""}, {0}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "NAME", "", -1, methods};
PyMODINIT_FUNC PyInit_NAME(void) { PyObject *self = PyModule_Create(&module);
    PyModule_AddObject(self, "value", half(self, 0)); return self; }
"""
SETUP = """
from setuptools import Extension, setup
setup(name="NAME", version="1.0", ext_modules=[Extension("NAME", ["NAME.c"])], install_requires=REQUIRES)
"""


def project(directory: Path, name: str, *requires: str) -> Path:
    """Write a project with one module."""
    directory.mkdir()
    setup = SETUP.replace("NAME", name).replace("REQUIRES", repr(list(requires)))
    (directory / "setup.py").write_text(setup, "utf-8")
    (directory / f"{name}.c").write_text(MODULE.replace("NAME", name), "utf-8")
    return directory


def build(source: Path, place: Path, **options: object) -> WheelResult:
    chosen = BuildOptions(output_directory=place, **options)  # type: ignore[arg-type]
    (result,) = crosswheel.build([str(source)], targets=["win-amd64"], pythons=["3.13"], options=chosen)
    assert result.error is None, result.error
    return result


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """An index with a wheel that requires a function wine lacks, and with its source, which does not."""
    links = tmp_path / "links"
    source = project(tmp_path / "realpart-1.0", "realpart")
    result = build(source, links, cflags=("-DOF_WINDOWS",), test=True)
    assert result.stage is Stage.UNTESTED
    assert result.remark.endswith("wine lacks the Windows function ucrtbase.dll.crealf")
    (source / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: realpart\nVersion: 1.0\n", "utf-8")
    with tarfile.open(links / "realpart-1.0.tar.gz", "w:gz") as archive:
        archive.add(source, source.name)
    return links


def test_a_dependency_that_wine_cannot_run_is_built_for_the_test(tmp_path: Path, links: Path) -> None:
    source = project(tmp_path / "user-1.0", "user", "realpart")
    index = {"find_links": (str(links),)}
    command = "python -c 'import realpart, user; assert realpart.half() == user.half() == 0.5'"
    untested = build(
        source, tmp_path / "other", index=index, test_commands=(command,), test=True, dependency_builds=False
    )
    assert untested.stage is Stage.UNTESTED
    assert "its dependency realpart 1.0 cannot run on CPython 3.13.2 for win_amd64 under wine" in untested.remark
    tested = build(source, tmp_path / "dist", index=index, test_commands=(command,), test=True)
    assert tested.stage is Stage.TESTED, tested.remark
    assert tested.remark.endswith("CPython 3.13.2 for win_amd64 under wine, with realpart==1.0 built for it")
