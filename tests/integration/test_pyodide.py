"""Pyodide: modules built without Emscripten's SDK, run in the real runtime under Node.js."""

from __future__ import annotations

from pathlib import Path

import pytest

import crosswheel
from crosswheel import BuildOptions, Stage
from crosswheel.errors import BuildError
from crosswheel.host import Host
from crosswheel.object_files.wasm import read_wasm
from crosswheel.runners import find_runner
from crosswheel.targets import PythonVersion, target_from_tag
from crosswheel.wheels.archive import read_wheel

pytestmark = pytest.mark.network

NUMBER = 10**15 + 7
FEATURES = {
    "library": "out_of_range",
    "base": "mine",
    "again": "7",
    "cast": "derived",
    "streamed": "1.5 ff true 0.25",
    "wide": NUMBER * 3 // 7 + (NUMBER << 2) % 1000003,
    "jumped": 43,
    "alive": 0,
    "global": 2,
    "called": 42,
    "precise": True,
}


def build(source: str | Path, out: Path, target: str, python: str = "3.13", **options: object):
    (result,) = crosswheel.build(
        [str(source)], targets=[target], pythons=[python], options=BuildOptions(output_directory=out, **options)
    )
    return result


@pytest.mark.parametrize(
    ("target", "python"),
    [("pyemscripten_2025_0_wasm32", "3.13"), ("pyodide_2024_0_wasm32", "3.12"), ("linux-riscv64", "3.13")],
)
def test_what_cxx_and_c_rest_on_works(packages: Path, tmp_path: Path, target: str, python: str) -> None:
    check = f'python -c "import features; told = features.all({NUMBER}); assert told == {FEATURES}, told"'
    result = build(packages / "features", tmp_path, target, python, test=True, test_commands=(check,))
    assert result.error is None, result.error
    assert result.stage is Stage.TESTED


PYPROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "faulty"
version = "1.0"
[tool.setuptools]
ext-modules = [{name = "faulty", sources = ["faulty.c", "other.c"]}]
"""
MODULE = """
#include <Python.h>
int other(void);
static PyObject *f(PyObject *self, PyObject *none) { return PyLong_FromLong(other()); }
static PyMethodDef methods[] = {{"f", f, METH_NOARGS, 0}, {0, 0, 0, 0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "faulty", 0, -1, methods};
PyMODINIT_FUNC PyInit_faulty(void) { return PyModule_Create(&module); }
"""


def faulty(place: Path, other: str) -> Path:
    place.mkdir()
    (place / "pyproject.toml").write_text(PYPROJECT)
    (place / "faulty.c").write_text(MODULE)
    (place / "other.c").write_text(other)
    return place


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("int no_such_function(int); int other(void) { return no_such_function(1); }", "undefined function no_such_f"),
        (
            "int no_such(int); void *kept = (void *)no_such; int other(void) { return !kept; }",
            "undefined function no_such",
        ),
        ("extern int no_such_variable; int other(void) { return no_such_variable; }", "undefined variable no_such_v"),
        ("void *PyLong_FromLong(double); int other(void) { return !PyLong_FromLong(1); }", "mismatch: PyLong_FromLong"),
        (
            "void *PyFloat_FromDouble(int); int other(void) { return !PyFloat_FromDouble(1); }",
            "prototype of PyFloat_Fr",
        ),
        ("double other(void) { return 1; }", "other"),
    ],
)
def test_what_the_runtime_lacks_stops_the_build(tmp_path: Path, other: str, said: str) -> None:
    """It would end the whole interpreter when it is called, at the user's."""
    result = build(faulty(tmp_path / "faulty", other), tmp_path / "out", "pyodide_2025_0_wasm32")
    assert isinstance(result.error, BuildError)
    assert said in result.error.what
    assert not (tmp_path / "out").exists()
    told = result.error.what + (result.log.read_text("utf-8") if result.log else "")
    assert "other.o" in told
    assert "faulty" in told


def test_a_function_may_be_missing_when_that_is_accepted(tmp_path: Path) -> None:
    other = "int no_such_function(int); int other(void) { return no_such_function(1); }"
    source = faulty(tmp_path / "faulty", other)
    refused = build(source, tmp_path / "out", "pyodide_2025_0_wasm32", allow_undefined=("no_such_variable",))
    assert isinstance(refused.error, BuildError)
    result = build(source, tmp_path / "out", "pyodide_2025_0_wasm32", test=True, allow_undefined=("no_such_*",))
    assert result.stage is Stage.TESTED, result.error


def test_the_same_package_without_a_fault_passes(tmp_path: Path) -> None:
    source = faulty(tmp_path / "faulty", "int other(void) { return 42; }")
    check = 'python -c "import faulty; assert faulty.f() == 42"'
    result = build(source, tmp_path / "out", "pyodide_2025_0_wasm32", test=True, test_commands=(check,))
    assert result.stage is Stage.TESTED, result.error


def test_a_library_for_ctypes_gives_what_it_has(tmp_path: Path) -> None:
    source = faulty(tmp_path / "faulty", "int other(void) { return 42; }")
    (source / "faulty.c").write_text("int other(void);\nint twice(void) { return 2 * other(); }\n")
    ask = "import ctypes, importlib.util as u; print(ctypes.CDLL(u.find_spec('faulty').origin).twice())"
    check = f'python -c "{ask}" | grep 84'
    result = build(source, tmp_path / "out", "pyodide_2025_0_wasm32", test=True, test_commands=(check,))
    assert result.stage is Stage.TESTED, result.error


def test_more_than_the_entry_point_is_exported_when_asked(tmp_path: Path) -> None:
    source = faulty(tmp_path / "faulty", "int other(void) { return 42; }")
    for wanted, expected in (((), False), (("other",), True), (("*",), True)):
        out = tmp_path / f"out-{len(wanted)}-{'*' in wanted}"
        result = build(source, out, "pyodide_2025_0_wasm32", export_symbols=wanted)
        assert result.wheel is not None, result.error
        (module,) = (data for path, data in read_wheel(result.wheel).files.items() if path.endswith(".so"))
        exported = read_wasm(module)
        assert exported is not None
        assert "PyInit_faulty" in exported.exported_names
        assert ("other" in exported.exported_names) is expected


STDLIB_USER = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "archivist"
version = "1.0"
[tool.setuptools]
ext-modules = [{name = "archivist._c", sources = ["c.c"]}]
packages = ["archivist"]
"""
STDLIB_USER_C = """
#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_c"};
PyMODINIT_FUNC PyInit__c(void) { return PyImport_ImportModule("sqlite3") ? PyModule_Create(&module) : NULL; }
"""
ROUND_TRIP = """python -c "
import archivist, sqlite3
assert archivist.unpack(archivist.pack(b'x' * 999)) == b'x' * 999
assert sqlite3.connect(':memory:').execute('select 6 * 7').fetchone() == (42,)
" """


def test_parts_of_the_standard_library_are_there_if_a_wheel_imports_them(tmp_path: Path) -> None:
    """lzma is imported by Python, and sqlite3 by compiled code; Pyodide's Python has neither."""
    project = tmp_path / "archivist"
    (project / "archivist").mkdir(parents=True)
    (project / "pyproject.toml").write_text(STDLIB_USER)
    (project / "c.c").write_text(STDLIB_USER_C)
    code = "from lzma import compress as pack, decompress as unpack\n"
    (project / "archivist" / "__init__.py").write_text(code)
    result = build(project, tmp_path / "out", "pyodide", test=True, test_commands=(ROUND_TRIP,))
    assert result.error is None, result.error
    assert result.stage is Stage.TESTED
    assert [path.name for path in (tmp_path / "out").iterdir()] == [result.wheel.name]
    (again,) = crosswheel.test([result.wheel], commands=[ROUND_TRIP])
    assert again.outcome == "passed", again.reason
    left_alone = build(project, tmp_path / "other", "pyodide", test=True, dependency_builds=False, rebuild=True)
    assert left_alone.stage is Stage.UNTESTED
    assert left_alone.lacks_test  # it is no fault of the target
    assert "lzma of the standard library" in left_alone.remark


EXIT_WITH_GARBAGE = """
import ctypes
from pyodide.code import run_js
from pyodide.ffi import create_proxy

collect = run_js('''() => {
  process.getBuiltinModule("v8").setFlagsFromString("--expose-gc");
  return process.getBuiltinModule("vm").runInNewContext("gc");
}''')()
run_js("(make) => { for (let i = 0; i < 100; i++) make(); }")(list)
collect()
ctypes.CDLL(None).exit(3)
"""


def test_the_status_of_exit_arrives_although_the_runtime_collects_garbage(host: Host) -> None:
    """Compiled programs call C's exit, without Python's lock; the runtime frees Python's objects in a later task."""
    target = target_from_tag("pyemscripten_2025_0_wasm32")
    assert target is not None
    runner, _ = find_runner(host, target, PythonVersion(13))
    python = runner.interpreter(target, PythonVersion(13)).executable
    outcome = host.run(python, "-c", EXIT_WITH_GARBAGE, cwd=host.cache)
    assert (outcome.status, outcome.stderr) == (3, "")
