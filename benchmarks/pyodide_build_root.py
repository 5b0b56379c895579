"""Install pyodide-build, the usual way to build wheels for Pyodide with emcc, without its downloads.

It requires a "cross-build environment", which it normally downloads from its project. Here that is assembled from its
components: the runtime's own sysconfigdata, the headers that crosswheel builds with, and a ``Makefile.envs`` with
Pyodide's flags for the ABI. emcc is an installed one: ``Makefile.envs`` contains its version as the required one.
pyodide-build, and uv, which it uses to install build requirements, are in their own virtual environment.
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

from timing import Duration, timed

from crosswheel.downloads.pyodide import find_runtime
from crosswheel.host import Host
from crosswheel.host.files import create_once
from crosswheel.pythons.discovery import find_build_python
from crosswheel.pythons.providers import find_provider
from crosswheel.targets import PyodideTarget
from crosswheel.toolchains.model import TargetToolchain

VERSION = "0.39.2"
"""The newest version for the Pythons of the current ABIs."""
LAYOUT = 1
"""Version of the installed layout; part of the directory's name."""
# The variables that it reads; the flags are those of Pyodide's own Makefile.envs for WebAssembly exceptions.
MAKEFILE = """\
export PYVERSION ?= {python}
export PYMAJOR = {major}
export PYMINOR = {minor}
export PYMICRO = {micro}
export PYODIDE_VERSION ?= {runtime}
export PYODIDE_ABI_VERSION ?= {abi}
export PYODIDE_EMSCRIPTEN_VERSION ?= {emscripten}
export PLATFORM_TRIPLET = wasm32-emscripten
export SYSCONFIG_NAME = {sysconfigdata}
export CPYTHONINSTALL = $(PYODIDE_ROOT)/cpython/installs/python-$(PYVERSION)
export TARGETINSTALLDIR = $(CPYTHONINSTALL)
export SYSCONFIGDATA_DIR = $(CPYTHONINSTALL)/sysconfigdata/
export PYTHONINCLUDE = $(CPYTHONINSTALL)/include/python$(PYMAJOR).$(PYMINOR)
export PIP_CONSTRAINT = $(PYODIDE_ROOT)/tools/constraints.txt
export CFLAGS_BASE = -O2 -g0 -fPIC -fwasm-exceptions -sSUPPORT_LONGJMP=wasm
export CXXFLAGS_BASE =
export LDFLAGS_BASE = -O2 -g0 -L$(CPYTHONINSTALL)/lib/ -sWASM_BIGINT -fwasm-exceptions -sSUPPORT_LONGJMP=wasm

.output_vars:
	@set
"""
PROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "nothing"
version = "1"
[tool.setuptools]
ext-modules = [{name = "nothing", sources = ["nothing.c"]}]
"""
SOURCE = """\
#include <Python.h>
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "nothing"};
PyMODINIT_FUNC PyInit_nothing(void) { return PyModuleDef_Init(&definition); }
"""


@dataclass(frozen=True)
class PyodideBuild:
    """pyodide-build with its cross-build environment and an emcc.

    :param directory: contains the virtual environment and the cross-build environment.
    :param path: directories to prepend to ``PATH``: its own programs, emcc, and emcc's LLVM.
    """

    directory: Path
    path: tuple[Path, ...]

    def build(self, tree: Path, output: Path) -> Duration:
        """Run ``pyodide build`` on a source tree, and return its duration; the wheel is written to ``output``."""
        args = (
            "build",
            tree,
            "-o",
            output,
            "--xbuildenv-path",
            self.directory / "xbuildenv",
            "--skip-emscripten-install",
        )
        # The legacy one of the two platform tags, which wheels for Python 3.13 have.
        return timed(self.directory / "venv/bin/pyodide", *args, cwd=tree, path=self.path, USE_LEGACY_PLATFORM="1")

    def call(self, project: Path, name: str, *args: str, cwd: Path) -> Duration:
        """Run a compiler through the wrapper that a build of a project created, and return the duration."""
        wrapper = project / ".pyodide_build" / "pywasmcross_symlinks" / name
        return timed(wrapper, *args, cwd=cwd, path=self.path, BUILD_ENV_SCRIPTS_DIR=str(self.directory / "venv/bin"))


def small_project(directory: Path) -> Path:
    """Write a project of one small module, whose build creates the wrappers and fills caches."""
    directory.mkdir()
    (directory / "pyproject.toml").write_text(PROJECT, "utf-8")
    (directory / "nothing.c").write_text(SOURCE, "utf-8")
    return directory


def make_pyodide_build(host: Host, toolchain: TargetToolchain, emsdk: Path) -> PyodideBuild:
    """Install pyodide-build in crosswheel's cache if it is not there.

    :param toolchain: the toolchain for the target.
    :param emsdk: a directory as :func:`emcc_root.make_emsdk` creates it.
    """
    assert isinstance(toolchain.target, PyodideTarget)
    base = find_build_python(host, toolchain.target.abi.python)
    emscripten = (emsdk / "upstream/emscripten/emscripten-version.txt").read_text("utf-8").strip().strip('"')
    runtime = find_runtime(host, toolchain.target.abi)
    headers = find_provider(host, toolchain.target, None).target_python(toolchain.target, base, toolchain).include
    key = f"{LAYOUT} {VERSION} {base.executable} {emscripten} {runtime.directory} {headers}"
    destination = host.cache / "benchmarks" / f"pyodide-build-{hashlib.sha256(key.encode()).hexdigest()[:8]}"

    def fill(root: Path) -> None:
        timed("uv", "venv", "--relocatable", "-q", "-p", base.executable, root / "venv")
        requirements = (f"pyodide-build=={VERSION}", "uv")
        timed("uv", "pip", "install", "-q", "--compile-bytecode", "-p", root / "venv/bin/python", *requirements)
        installed = root / "xbuildenv" / runtime.version
        pyodide = installed / "xbuildenv" / "pyodide-root"
        python = pyodide / "cpython" / "installs" / f"python-{runtime.python}"
        for directory in (pyodide / "dist", pyodide / "tools", python / "lib"):
            directory.mkdir(parents=True)
        shutil.copytree(headers, python / "include" / headers.name)
        member = toolchain.target.sysconfigdata(toolchain.target.abi.python)
        with zipfile.ZipFile(runtime.standard_library) as library:
            library.extract(f"{member}.py", python / "sysconfigdata")
        major, minor, micro = runtime.python.split(".")
        text = MAKEFILE.format(
            python=runtime.python, major=major, minor=minor, micro=micro, runtime=runtime.version, abi=runtime.abi,
            emscripten=emscripten, sysconfigdata=member,
        )  # fmt: skip
        (pyodide / "Makefile.envs").write_text(text, "utf-8")
        for file in (
            installed / ".installed",
            installed / "xbuildenv/requirements.txt",
            pyodide / "tools/constraints.txt",
        ):
            file.touch()
        (installed / ".build-python-version").write_text(f"{major}.{minor}", "utf-8")
        (root / "xbuildenv" / "xbuildenv").symlink_to(runtime.version)

    create_once(destination, fill)
    (llvm,) = sorted((emsdk / "usr/lib").glob("llvm-*/bin"))[-1:] or [emsdk / "upstream/bin"]
    return PyodideBuild(destination, (destination / "venv/bin", emsdk / "upstream/emscripten", llvm))
