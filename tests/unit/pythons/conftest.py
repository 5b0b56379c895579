"""A build machine without processes, and a compiler that answers from a description of a platform."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fake_hosts import NoDownloads, fake_host, nothing

from crosswheel.host import Host, ProcessRequest
from crosswheel.pythons.model import BuildPython
from crosswheel.targets import LinuxTarget, PythonVersion, Target, libcs, linux_architectures
from crosswheel.toolchains.model import Call, CallSettings, Plan

RISCV = LinuxTarget(linux_architectures()["riscv64"], libcs()["glibc"], (2, 31))


@dataclass(frozen=True)
class FakeToolchain:
    """Plans every call as a command of the same words."""

    target: Target = RISCV
    identity: str = "fake-1"
    compiler_id: str = "clang"

    def plan(self, call: Call, settings: CallSettings) -> Plan:
        return Plan(commands=(("fake-cc", *call.arguments),))

    def build_component(self, part: str) -> None:
        raise AssertionError(part)


@dataclass
class FakeCompiler:
    """A platform as a compiler sees it.

    :param wrong: macros whose code does not compile; ``numbers`` the values of ``sizeof`` expressions.
    :param at_once: how many undefined symbols the linker names before it gives up.
    """

    headers: frozenset[str] = frozenset({"stddef.h", "stdio.h"})
    conditions: frozenset[str] = frozenset()
    stubs: frozenset[str] = frozenset()
    wrong: frozenset[str] = frozenset({"absent"})
    numbers: Mapping[str, int] = field(default_factory=dict)
    symbols: frozenset[str] = frozenset({"printf"})
    at_once: int = 100
    stages: list[str] = field(default_factory=list)

    def __call__(self, request: ProcessRequest) -> tuple[int, str, str]:
        source = next(Path(word) for word in request.argv if word.endswith(".c")).read_text("utf-8")
        assert request.env["LC_ALL"] == "C"
        for flag, stage in (("-E", "preprocess"), ("-fsyntax-only", "compile"), ("-c", "measure")):
            if flag in request.argv:
                self.stages.append(stage)
                return getattr(self, stage)(source, request)
        self.stages.append("link")
        return self.link(source)

    def preprocess(self, source: str, _request: ProcessRequest) -> tuple[int, str, str]:
        true = {"1", *self.conditions, *(f"__has_include(<{header}>)" for header in self.headers)}
        true |= {f"defined __stub_{name} || defined __stub___{name}" for name in self.stubs}
        facts = re.findall(r'#if (.*)\n(crosswheel_probe ".*")\n#endif', source)
        return 0, "\n".join(line for condition, line in facts if condition in true), ""

    def compile(self, source: str, _request: ProcessRequest) -> tuple[int, str, str]:
        pieces = re.findall(r'#line 1 "(crosswheel_probe\.(\w+))"', source)
        errors = [f"{place}:1:9: error: no such thing" for place, name in pieces if name in self.wrong]
        return int(bool(errors)), "", "\n".join(errors)

    def measure(self, source: str, request: ProcessRequest) -> tuple[int, str, str]:
        rows = re.findall(r"enum \{ crosswheel_probe_c_(\w+) = __builtin_constant_p\((.*)\) \};", source)
        digits = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
        data = "".join(
            f"crosswheel_probe:{name}=+{f'{self.numbers[number]:016x}'.translate(digits)};" for name, number in rows
        )
        Path(request.argv[-1]).write_bytes(b"\0" + data.encode())
        return 0, "", ""

    def link(self, source: str) -> tuple[int, str, str]:
        missing = [name for name in re.findall(r'__asm__\("(\w+)"\)', source) if name not in self.symbols]
        said = [f"ld.lld: error: undefined symbol: {name}" for name in missing[: self.at_once]]
        return int(bool(missing)), "", "\n".join(said)


@pytest.fixture
def riscv() -> Target:
    return RISCV


@pytest.fixture
def compiler() -> type[FakeCompiler]:
    return FakeCompiler


@pytest.fixture
def toolchain() -> FakeToolchain:
    return FakeToolchain()


@pytest.fixture
def make_host(tmp_path: Path) -> Callable[..., Host]:
    """A host whose processes are answered by a function; without one, none may be started."""

    def make(
        answer: Callable[[ProcessRequest], tuple[int, str, str]] = nothing,
        environ: Mapping[str, str] | None = None,
        *,
        offline: bool = False,
    ) -> Host:
        return fake_host(tmp_path, NoDownloads(), answer, environ, offline=offline)

    return make


PYCONFIG = """\
#ifndef Py_PYCONFIG_H
#define Py_PYCONFIG_H

/* Define to 1 if you have the `acosh' function. */
#define HAVE_ACOSH 1

/* Define to 1 if you have the `dup9' function. */
#define HAVE_DUP9 1

/* Define to 1 if you have the <stdio.h> header file. */
#define HAVE_STDIO_H 1

/* The size of `long', as computed by sizeof. */
#define SIZEOF_LONG 8

/* The size of `void *', as computed by sizeof. */
#define SIZEOF_VOID_P 8

/* Defined if Python is built as a shared library. */
#define Py_ENABLE_SHARED 1

/* Define if you want documentation strings in extension modules */
#define WITH_DOC_STRINGS 1

/* Define WORDS_BIGENDIAN to 1 if your processor stores words with the most
   significant byte first (like Motorola and SPARC, unlike Intel). */
#if defined AC_APPLE_UNIVERSAL_BUILD
# if defined __BIG_ENDIAN__
#  define WORDS_BIGENDIAN 1
# endif
#else
# ifndef WORDS_BIGENDIAN
/* #  undef WORDS_BIGENDIAN */
# endif
#endif

#define _GNU_SOURCE 1

#endif /*Py_PYCONFIG_H*/
"""


@pytest.fixture
def pyconfig_text() -> str:
    return PYCONFIG


@pytest.fixture
def build_python(tmp_path: Path) -> BuildPython:
    """A CPython 3.13.1 of x86-64 that exists as far as its headers do."""
    include = tmp_path / "build" / "include" / "python3.13"
    (include / "cpython").mkdir(parents=True)
    (include / "Python.h").write_text('#include "pyconfig.h"\n', "utf-8")
    (include / "patchlevel.h").write_text('#define PY_VERSION "3.13.1+"\n', "utf-8")
    (include / "cpython" / "object.h").write_text("\n", "utf-8")
    (include / "pyconfig.h").write_text(PYCONFIG, "utf-8")
    config_vars = {"MULTIARCH": "x86_64-linux-gnu", "LIBDIR": str(tmp_path / "build" / "lib"), "CC": "gcc-12"}
    executable = tmp_path / "build" / "bin" / "python3.13"
    return BuildPython(executable, PythonVersion(13), "3.13.1", include, config_vars)
