"""What compiled code, which has no Python frames, learns about the target: Cython's and mypyc's modules in builds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from c_types import c_values

from crosswheel.environments.cross_venv import CrossVenv
from crosswheel.environments.isolated import BuildEnvironment, create_environment
from crosswheel.errors import EnvironmentMissingError
from crosswheel.host import Host
from crosswheel.pythons.discovery import find_build_python
from crosswheel.pythons.model import TargetPython
from crosswheel.targets import PythonVersion, target_from_tag

pytestmark = pytest.mark.network

# Both ways to initialize a module (PEP 489); each records what it is told while it is imported.
MODULE = """
#include <Python.h>
static PyObject *ask(PyObject *self, PyObject *nothing) {
    PyObject *sys = PyImport_ImportModule("sys"), *sysconfig = PyImport_ImportModule("sysconfig");
    PyObject *struct_module = PyImport_ImportModule("struct");
    return Py_BuildValue("(NNNN)", PyObject_CallMethod(sysconfig, "get_config_var", "s", "SIZEOF_SIZE_T"),
        PyObject_CallMethod(sysconfig, "get_platform", NULL), PyObject_GetAttrString(sys, "maxsize"),
        PyObject_CallMethod(struct_module, "calcsize", "s", "P"));
}
static PyMethodDef methods[] = {{"ask", ask, METH_NOARGS, 0}, {0}};
static int run(PyObject *module) { return PyModule_AddObject(module, "ASKED", ask(module, NULL)); }
#ifdef TWO_PHASES
static PyModuleDef_Slot slots[] = {{Py_mod_exec, run}, {0}};
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "@", 0, 0, methods, slots, 0, 0, 0};
PyMODINIT_FUNC PyInit_@(void) { return PyModuleDef_Init(&def); }
#else
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "@", 0, -1, methods, 0, 0, 0, 0};
PyMODINIT_FUNC PyInit_@(void) { PyObject *m = PyModule_Create(&def); run(m); return m; }
#endif
"""
TARGET, NATIVE_SIZES = [4, "linux-armv7l", 2**31 - 1, 4], [4, "linux-armv7l", 2**63 - 1, 8]
NATIVE = [8, "linux-x86_64", 2**63 - 1, 8]


@pytest.fixture(scope="module", params=(10, 11, 12, 13))
def environment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> BuildEnvironment:
    host, version = Host.detect(), PythonVersion(request.param)
    if host.program("gcc") is None:
        pytest.skip("no gcc")
    try:
        python = find_build_python(host, version, install=False)
    except EnvironmentMissingError as error:
        pytest.skip(error.what)
    place = tmp_path_factory.mktemp("compiled")
    target = target_from_tag("manylinux_2_31_armv7l")
    variables = {"SIZEOF_SIZE_T": 4, "EXT_SUFFIX": target.ext_suffix(version)}
    target_python = TargetPython(target, version, f"{version}.0", place, variables, "a test", c_values=c_values(target))
    CrossVenv(target_python, python).write(place / "config/cross-venv.json")
    environment = create_environment(host, python, place / "env", (), place / "log")
    for name in ("numpy", "some_tool"):
        package = environment.site_packages / name
        package.mkdir()
        (package / "__init__.py").touch()
        compile_module(environment, package / "one.so")
        compile_module(environment, package / "two.so", "-DTWO_PHASES")
    return environment


def compile_module(environment: BuildEnvironment, path: Path, *options: str) -> None:
    source = path.with_suffix(".c")
    source.write_text(MODULE.replace("@", path.stem))
    include = f"-I{environment.build_python.include}"
    result = environment.host.run(
        "gcc", "-shared", "-fPIC", include, *options, source, "-o", path, cwd=path.parent
    )  # fmt: skip
    assert result.ok, result.stderr


Ask = Callable[[str], object]


@pytest.fixture
def ask(environment: BuildEnvironment, tmp_path: Path) -> Ask:
    """Runs a project's script, and returns its variable ``told``."""
    for name in ("one", "two"):
        compile_module(environment, tmp_path / f"{name}.so", *(["-DTWO_PHASES"] if name == "two" else []))

    def run(code: str) -> object:
        script = tmp_path / "setup.py"
        script.write_text(f"import json, sys\n{code}\nprint(json.dumps(told))\n")
        result = environment.host.run(environment.python, script, cwd=tmp_path, env={})
        assert result.ok, result.stderr
        return json.loads(result.stdout)

    return run


@pytest.mark.parametrize("module", ["one", "two"])
def test_a_module_is_asked_about_while_it_is_imported(ask: Ask, module: str) -> None:
    """The rules are those of Python modules: by the name, and by whether it is the project's."""
    assert ask(f"from some_tool.{module} import ASKED as told") == NATIVE_SIZES
    assert ask(f"from {module} import ASKED as told") == TARGET
    assert ask(f"from numpy.{module} import ASKED as told") == NATIVE
    assert ask(f"import importlib; told = importlib.import_module('some_tool.{module}').ASKED") == NATIVE_SIZES


def test_a_function_called_by_the_project(ask: Ask) -> None:
    assert ask("import some_tool.one as one; told = one.ask()") == NATIVE_SIZES


@pytest.mark.parametrize(
    "code",
    [
        "import concurrent.futures as f; told = f.ThreadPoolExecutor().submit(one.ask).result()",
        "import contextlib\nwith contextlib.ExitStack() as stack: told = stack.callback(one.ask)()",
        "import functools; told = functools.partial(one.ask)()",
        "import timeit; told = []; timeit.timeit(lambda: told.extend(one.ask()), number=1)",
    ],
)
def test_a_function_called_by_the_standard_library(ask: Ask, code: str) -> None:
    """In a thread there is no other frame; elsewhere the frame beyond the standard library's counts."""
    assert ask(f"import some_tool.one as one\n{code}") == NATIVE_SIZES
