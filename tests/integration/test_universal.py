"""Wheels for both architectures of macOS (universal2): each part built for itself, then merged and proven."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

import crosswheel
from crosswheel import BuildOptions, Stage
from crosswheel.errors import AuditError, BuildError
from crosswheel.host import Host
from crosswheel.object_files import read_binary
from crosswheel.object_files.macho import Universal, split_universal
from crosswheel.wheels.archive import read_wheel
from crosswheel.wheels.audit import Expectations, audit_wheel

pytestmark = pytest.mark.network

SOURCES = Path(__file__).parent.parent / "packages"
UNIVERSAL = "macos-universal2"
SETUP = """
import os, platform
from setuptools import Extension, setup

machine = platform.machine()
assert machine in ("x86_64", "arm64")
assert os.environ["ARCHFLAGS"] == f"-arch {{machine}}"
{more}
setup(name="each", version="1", py_modules=["facts"], ext_modules=[Extension("each", ["each.c"])])
"""
MODULE = """
#include <Python.h>
#if defined(__x86_64__)
#define PROCESSOR "compiled for Intel's"
#elif defined(__aarch64__)
#define PROCESSOR "compiled for Apple's"
#endif
static int made(PyObject *m) { return PyModule_AddStringConstant(m, "processor", PROCESSOR); }
static PyModuleDef_Slot slots[] = {{Py_mod_exec, made}, {0, 0}};
static struct PyModuleDef d = {PyModuleDef_HEAD_INIT, "each", 0, 0, 0, slots};
PyMODINIT_FUNC PyInit_each(void) { return PyModuleDef_Init(&d); }
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    place = tmp_path / "each"
    place.mkdir()
    (place / "setup.py").write_text(SETUP.format(more=""))
    (place / "facts.py").write_text("x = 1\n")
    (place / "each.c").write_text(MODULE)
    return place


def built(source: Path | str, out: Path, *targets: str, host: Host | None = None) -> tuple[crosswheel.WheelResult, ...]:
    options = BuildOptions(output_directory=out, test=True, rebuild=True)
    return crosswheel.build([str(source)], targets=targets, pythons=["3.13"], options=options, host=host)


def test_each_architecture_is_compiled_by_itself(project: Path, tmp_path: Path) -> None:
    (result,) = built(project, tmp_path / "out", UNIVERSAL)
    assert (result.stage, result.error) == (Stage.UNTESTED, None)
    assert result.wheel is not None
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["each-1-cp313-cp313-macosx_10_13_universal2.whl"]
    assert audit_wheel(result.wheel, Expectations(strict=True)).findings == ()
    (data,) = [data for path, data in read_wheel(result.wheel).files.items() if path.endswith(".so")]
    found = read_binary(data)
    assert isinstance(found, Universal)
    assert [(part.architecture, part.minimum) for part in found.slices] == [("X86_64", (10, 13)), ("ARM64", (11, 0))]
    words = [[word in part for word in (b"Intel's", b"Apple's")] for part in (split_universal(data) or {}).values()]
    assert words == [[True, False], [False, True]]


def test_parts_are_built_once_for_all_who_want_them(project: Path, tmp_path: Path) -> None:
    host = replace(Host.detect(), logs=tmp_path / "logs")
    results = built(project, tmp_path / "out", "macos-arm64", UNIVERSAL, "macos-x86_64", host=host)
    assert [result.error for result in results] == [None] * 3
    assert len({result.wheel for result in results}) == 3
    logs = Counter(path.name.rsplit("-", 1)[-1] for path in (tmp_path / "logs").iterdir())
    assert set(logs.values()) == {1}
    assert set(logs) == {"macosx_11_0_arm64", "macosx_10_13_x86_64", "macosx_10_13_universal2"}


def test_the_same_source_makes_the_same_bytes(project: Path, tmp_path: Path) -> None:
    wheels = [built(project, tmp_path / name, UNIVERSAL)[0].wheel for name in ("one", "two")]
    assert wheels[0] is not None and wheels[1] is not None
    assert wheels[0].read_bytes() == wheels[1].read_bytes()


def test_pure_wheels_go_through_as_they_are(tmp_path: Path) -> None:
    (result,) = built(SOURCES / "pure", tmp_path / "out", UNIVERSAL)
    assert result.wheel is not None
    assert result.wheel.name == "pure-1.0-py3-none-any.whl"


def test_what_differs_beside_the_modules_is_told(project: Path, tmp_path: Path) -> None:
    more = 'open("facts.py", "w").write(f"x = 1\\nmachine = {machine!r}\\n")'
    (project / "setup.py").write_text(SETUP.format(more=more))
    (result,) = built(project, tmp_path / "out", UNIVERSAL)
    assert isinstance(result.error, AuditError)
    assert result.error.where == "facts.py"
    assert "line 2 is \"machine = 'x86_64'\\n\" and \"machine = 'arm64'\\n\"" in result.error.what
    assert list(tmp_path.glob("out/*")) == []


def test_modules_that_one_architecture_has_are_for_that_alone(project: Path, tmp_path: Path) -> None:
    more = 'open("fast.c", "w").write(open("each.c").read().replace("PyInit_each", "PyInit_fast"))'
    text = SETUP.format(more=more).replace('py_modules=["facts"]', 'packages=["pack"]')
    text = text.replace(
        '["each.c"])]', '["each.c"]), *([Extension("pack.fast", ["fast.c"])] if machine == "x86_64" else [])]'
    )
    (project / "pack").mkdir()
    (project / "pack" / "__init__.py").touch()
    (project / "setup.py").write_text(text)
    (result,) = built(project, tmp_path / "out", UNIVERSAL)
    assert result.error is None, result.error
    assert result.wheel is not None
    assert audit_wheel(result.wheel, Expectations(strict=True)).findings == ()
    files = read_wheel(result.wheel).files
    assert files["each-1.dist-info/single-architecture.txt"] == b"pack/fast.cpython-313-darwin.so\n"


def test_the_failure_of_a_part_is_that_of_the_whole(project: Path, tmp_path: Path) -> None:
    (project / "each.c").write_text("#ifdef __aarch64__\n#error not this one\n#endif\n" + MODULE)
    intel, result = built(project, tmp_path / "out", "macos-x86_64", UNIVERSAL)
    assert intel.error is None
    assert isinstance(result.error, BuildError)
    assert "not this one" in result.error.what
    assert result.remark == "there is no wheel for macosx_11_0_arm64"


@pytest.mark.parametrize("source", [SOURCES / "foreign", "pymunk==7.3.0"], ids=["setup-requires", "pymunk"])
def test_build_requirements_are_those_of_the_build_machine(source: Path | str, tmp_path: Path) -> None:
    """cffi has a compiled module of its own, which must be this machine's whatever is built for."""
    (result,) = built(source, tmp_path / "out", UNIVERSAL)
    assert result.error is None, result.error
    assert result.wheel is not None
    requires = [value for key, value in read_wheel(result.wheel).headers("METADATA") if key == "Requires-Dist"]
    assert any(value.startswith("cffi") for value in requires)
