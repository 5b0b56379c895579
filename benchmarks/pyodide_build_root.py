"""pyodide-build, the usual way to build wheels for Pyodide through emcc, without the downloads it would make.

It wants a "cross-build environment" that it fetches from where its project publishes them. Here that is put together of
what the environment is made from: the runtime's own sysconfigdata, the headers that crosswheel builds against, and a
``Makefile.envs`` with the flags Pyodide gives for its ABI. emcc is one that is there already: ``Makefile.envs`` says
that its version is the one that is wanted. pyodide-build and uv, which it installs build requirements with where it
finds it, lie in a virtual environment of their own.
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

from timing import Taken, timed

from crosswheel.downloads.pyodide import find_runtime
from crosswheel.host import Host
from crosswheel.host.files import create_once
from crosswheel.pythons.discovery import find_build_python
from crosswheel.pythons.providers import find_provider
from crosswheel.targets import PyodideTarget
from crosswheel.toolchains.model import TargetToolchain

VERSION = "0.39.2"
"""The newest for the Pythons of today's ABIs."""
LAYOUT = 1
"""Raised when something else is made."""
# The variables it asks for; flags are those that Pyodide's own Makefile.envs has, for WebAssembly's exceptions.
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

    :param place: has the virtual environment and the cross-build environment.
    :param path: what stands first on ``PATH``: its own programs, emcc, the LLVM that belongs to that.
    """

    place: Path
    path: tuple[Path, ...]

    def build(self, tree: Path, output: Path) -> Taken:
        """What ``pyodide build`` took for a source tree, its wheel being left in a directory."""
        words = ("build", tree, "-o", output, "--xbuildenv-path", self.place / "xbuildenv", "--skip-emscripten-install")
        # The older of the two names of the platform, which is the one of wheels for Python 3.13.
        return timed(self.place / "venv/bin/pyodide", *words, cwd=tree, path=self.path, USE_LEGACY_PLATFORM="1")

    def call(self, project: Path, name: str, *words: str, cwd: Path) -> Taken:
        """What a call of a compiler took through the wrapper that it made when it built a project."""
        wrapper = project / ".pyodide_build" / "pywasmcross_symlinks" / name
        return timed(wrapper, *words, cwd=cwd, path=self.path, BUILD_ENV_SCRIPTS_DIR=str(self.place / "venv/bin"))


def small_project(place: Path) -> Path:
    """A project of one small module, to have wrappers made and everything warm."""
    place.mkdir()
    (place / "pyproject.toml").write_text(PROJECT, "utf-8")
    (place / "nothing.c").write_text(SOURCE, "utf-8")
    return place


def make_pyodide_build(host: Host, kit: TargetToolchain, emsdk: Path) -> PyodideBuild:
    """Make it once in crosswheel's cache.

    :param kit: a kit for the target; ``emsdk`` is laid out as :func:`emcc_root.make_emsdk` does.
    """
    assert isinstance(kit.target, PyodideTarget)
    base = find_build_python(host, kit.target.abi.python)
    emscripten = (emsdk / "upstream/emscripten/emscripten-version.txt").read_text("utf-8").strip().strip('"')
    runtime = find_runtime(host, kit.target.abi)
    headers = find_provider(host, kit.target, None).target_python(kit.target, base, kit).include
    stated = f"{LAYOUT} {VERSION} {base.executable} {emscripten} {runtime.directory} {headers}"
    place = host.cache / "benchmarks" / f"pyodide-build-{hashlib.sha256(stated.encode()).hexdigest()[:8]}"

    def fill(root: Path) -> None:
        timed("uv", "venv", "--relocatable", "-q", "-p", base.executable, root / "venv")
        wanted = (f"pyodide-build=={VERSION}", "uv")
        timed("uv", "pip", "install", "-q", "--compile-bytecode", "-p", root / "venv/bin/python", *wanted)
        installed = root / "xbuildenv" / runtime.version
        pyodide = installed / "xbuildenv" / "pyodide-root"
        python = pyodide / "cpython" / "installs" / f"python-{runtime.python}"
        for directory in (pyodide / "dist", pyodide / "tools", python / "lib"):
            directory.mkdir(parents=True)
        shutil.copytree(headers, python / "include" / headers.name)
        member = kit.target.sysconfigdata(kit.target.abi.python)
        with zipfile.ZipFile(runtime.standard_library) as library:
            library.extract(f"{member}.py", python / "sysconfigdata")
        major, minor, micro = runtime.python.split(".")
        text = MAKEFILE.format(
            python=runtime.python, major=major, minor=minor, micro=micro, runtime=runtime.version, abi=runtime.abi,
            emscripten=emscripten, sysconfigdata=member,
        )  # fmt: skip
        (pyodide / "Makefile.envs").write_text(text, "utf-8")
        for empty in (
            installed / ".installed",
            installed / "xbuildenv/requirements.txt",
            pyodide / "tools/constraints.txt",
        ):
            empty.touch()
        (installed / ".build-python-version").write_text(f"{major}.{minor}", "utf-8")
        (root / "xbuildenv" / "xbuildenv").symlink_to(runtime.version)

    create_once(place, fill)
    (llvm,) = sorted((emsdk / "usr/lib").glob("llvm-*/bin"))[-1:] or [emsdk / "upstream/bin"]
    return PyodideBuild(place, (place / "venv/bin", emsdk / "upstream/emscripten", llvm))
