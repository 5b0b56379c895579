"""Programs of the target that a build compiles and runs: generators of sources, as many projects have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import crosswheel

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.building.results import WheelResult

pytestmark = pytest.mark.network

# Writes to standard output or to the file that it is passed, and proves that it ran on the target.
GENERATOR = """\
#include <stdio.h>
int main(int argc, char **argv) {
    FILE *out = argc > 1 ? fopen(argv[1], "w") : stdout;
    fprintf(out, "#define LONG_SIZE %d\\n#define POINTER_SIZE %d\\n#define CHAR_IS_SIGNED %d\\n",
            (int)sizeof(long), (int)sizeof(void *), (char)-1 < 0);
    return 0;
}
"""
CXX_GENERATOR = """\
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
int main(int argc, char **argv) {
    std::ofstream out(argv[1]);
    try {
        if (argc != 2) throw std::runtime_error("one argument");
        out << "#define LONG_SIZE " << sizeof(long) << "\\n#define POINTER_SIZE " << sizeof(void *) << std::endl;
        out << "#define CHAR_IS_SIGNED " << ((char)-1 < 0) << std::endl;
    } catch (const std::exception &error) {
        std::cerr << error.what() << std::endl;
        return 1;
    }
    return 0;
}
"""
MODULE = """\
#include <Python.h>
#include "table.h"
static PyObject *sizes(PyObject *self, PyObject *none) {
    int right = LONG_SIZE == sizeof(long) && POINTER_SIZE == sizeof(void *) && CHAR_IS_SIGNED == ((char)-1 < 0);
    return Py_BuildValue("(iii)", LONG_SIZE, POINTER_SIZE, right);
}
static PyMethodDef methods[] = {{"sizes", sizes, METH_NOARGS, 0}, {0}};
static struct PyModuleDef table = {PyModuleDef_HEAD_INIT, "table", 0, -1, methods};
PyMODINIT_FUNC PyInit_table(void) { return PyModule_Create(&table); }
"""
SETUPTOOLS = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
WITH_PYTHON = {
    "pyproject.toml": SETUPTOOLS,
    "setup.py": """\
import subprocess, tempfile
from pathlib import Path
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

class Generate(build_ext):
    def build_extensions(self):
        work = tempfile.mkdtemp()
        objects = self.compiler.compile(["generate.c"], output_dir=work)
        self.compiler.link_executable(objects, "generate", output_dir=work)
        # As careful projects do: nothing of the environment.
        Path("table.h").write_bytes(subprocess.check_output([f"{work}/generate"], env={"PATH": "/usr/bin:/bin"}))
        super().build_extensions()

setup(name="table", version="1.0", cmdclass={"build_ext": Generate}, ext_modules=[Extension("table", ["table.c"])])
""",
    "generate.c": GENERATOR,
    "table.c": MODULE,
}
WITH_MAKE = {
    "pyproject.toml": SETUPTOOLS,
    "setup.py": """\
import subprocess
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

class Generate(build_ext):
    def run(self):
        subprocess.check_call(["make", "table.h"])
        super().run()

setup(name="table", version="1.0", cmdclass={"build_ext": Generate}, ext_modules=[Extension("table", ["table.c"])])
""",
    "Makefile": "table.h: generate\n\t./generate > $@\n\ngenerate: generate.c\n\t$(CC) -O1 -o $@ generate.c\n",
    "generate.c": GENERATOR,
    "table.c": MODULE,
}
WITH_CMAKE = {
    "pyproject.toml": """\
[build-system]
requires = ["scikit-build-core>=0.10"]
build-backend = "scikit_build_core.build"
[project]
name = "table"
version = "1.0"
""",
    "CMakeLists.txt": """\
cmake_minimum_required(VERSION 3.18)
project(table LANGUAGES C CXX)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
add_executable(generate generate.cc)
add_custom_command(OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/table.h
                   COMMAND generate ${CMAKE_CURRENT_BINARY_DIR}/table.h DEPENDS generate)
python_add_library(table MODULE table.c ${CMAKE_CURRENT_BINARY_DIR}/table.h WITH_SOABI)
target_include_directories(table PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
install(TARGETS table LIBRARY DESTINATION .)
""",
    "generate.cc": CXX_GENERATOR,
    "table.c": MODULE,
}
WITH_MESON = {
    "pyproject.toml": """\
[build-system]
requires = ["meson-python"]
build-backend = "mesonpy"
[project]
name = "table"
version = "1.0"
""",
    "meson.build": """\
project('table', 'c', 'cpp', version: '1.0')
python = import('python').find_installation(pure: false)
generate = executable('generate', 'generate.cc')
header = custom_target('table.h', output: 'table.h', command: [generate, '@OUTPUT@'])
python.extension_module('table', 'table.c', header, install: true)
""",
    "generate.cc": CXX_GENERATOR,
    "table.c": MODULE,
}
PROJECTS = {"python": WITH_PYTHON, "make": WITH_MAKE, "cmake": WITH_CMAKE, "meson": WITH_MESON}
SIZES = {"linux-riscv64": (8, 8, 1), "win-amd64": (4, 8, 1), "pyodide": (4, 4, 1), "linux-armv7l": (4, 4, 1)}


def build(tmp_path: Path, kind: str, target: str, test: str = "") -> WheelResult:
    project = tmp_path / "project"
    project.mkdir()
    for name, text in PROJECTS[kind].items():
        (project / name).write_text(text)
    commands = (test,) if test else ()
    options = crosswheel.BuildOptions(output_directory=tmp_path / "dist", test_commands=commands, test=bool(test))
    (result,) = crosswheel.build([str(project)], targets=[target], pythons=["3.13"], options=options)
    return result


@pytest.mark.parametrize("target", ["linux-riscv64", "linux-armv7l", "win-amd64", "pyodide"])
@pytest.mark.parametrize("kind", PROJECTS)
def test_a_generator_runs_on_its_target(tmp_path, kind, target):
    check = f"python -c 'import table; assert table.sizes() == {SIZES[target]}, table.sizes()'"
    result = build(tmp_path, kind, target, check)
    assert result.error is None, result.error
    assert result.stage == "tested", result.remark


@pytest.mark.parametrize("target", ["musl-aarch64", "musl-x86_64"])
@pytest.mark.parametrize("kind", PROJECTS)
def test_a_generator_for_musl_runs(tmp_path, kind, target):
    assert build(tmp_path, kind, target).error is None


@pytest.mark.parametrize("kind", PROJECTS)
def test_what_only_a_mac_runs_is_named(tmp_path, kind):
    error = build(tmp_path, kind, "macos-arm64").error
    assert error is not None
    assert "generate" in error.what
    assert "compiled for the build machine" in (error.hint or "")
    if kind in {"python", "make"}:  # CMake and Meson know before
        assert "a program for macosx_11_0_arm64: only a Mac runs programs for macos-arm64" in error.what
