"""Calls rewritten for emcc: tables of whole command lines."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from crosswheel.targets import PyodideTarget
from crosswheel.targets.pyodide import abis
from crosswheel.toolchains.emcc.find import InstalledEmcc
from crosswheel.toolchains.emcc.toolchain import EmccTargetToolchain
from crosswheel.toolchains.model import Call, CallSettings, Plan, Tool

SDK = Path("/sdk/upstream/emscripten")
SETTINGS = CallSettings(
    path_map=(("/usr/include/python3.13", "/target"),),
    removed_paths=("/usr/include", "/usr/lib"),
    extra_compile=("-XC",),
    extra_link=("-XL",),
)
QUIET = "-Wno-unused-command-line-argument -Wno-unknown-warning-option"
CC = f"/sdk/upstream/emscripten/emcc {QUIET}"
CXX = f"/sdk/upstream/emscripten/em++ {QUIET}"
OBJECT = "-fPIC -fwasm-exceptions -sSUPPORT_LONGJMP=wasm -fvisibility=hidden -XC -g0"
MODULE = "-sSIDE_MODULE=2 -sWASM_BIGINT -Wl,--fatal-warnings -Wl,-Bsymbolic"
MODULE += " -Wl,--export=__wasm_call_ctors -Wl,--no-export-dynamic"
ONLY = "-Wl,--export-if-defined=PyInit_a -Wl,--export-if-defined=PyInitU_a"
PROGRAM = "-Wl,--export-if-defined=main -Wl,--export-if-defined=__main_argc_argv"
LINK_CC, LINK_CXX = f"{CC} -Wl,--no-whole-archive", f"{CXX} -Wl,--no-whole-archive"
CHECK = f"{sys.executable} -m crosswheel.toolchains.emscripten.link_check /toolchain/runtime_exports.json"


def toolchain(version: str = "3.1.69", abi: str = "2025_0") -> EmccTargetToolchain:
    return EmccTargetToolchain(
        PyodideTarget(abis()[abi]), InstalledEmcc(SDK, version, Path("/python")), Path("/toolchain")
    )


def plan(tool: Tool, text: str, settings: CallSettings = SETTINGS, of: EmccTargetToolchain | None = None) -> Plan:
    return (of or toolchain()).plan(Call(tool, tuple(text.split()), "/work"), settings)


@pytest.mark.parametrize(
    ("tool", "given", "expected"),
    [
        # Compiling.
        (Tool.CC, "-O2 -c a.c -o a.o", f"{CC} -O2 -c a.c -o a.o {OBJECT}"),
        (Tool.CXX, "-c a.cc", f"{CXX} -c a.cc {OBJECT}"),
        (Tool.CPP, "a.c", f"{CC} -E a.c {OBJECT}"),
        (Tool.CC, "-E -dM -", f"{CC} -E -dM - {OBJECT}"),
        (Tool.CC, "-I/usr/include/python3.13 -c a.c", f"{CC} -I/target -c a.c {OBJECT}"),
        (Tool.CC, "-I/usr/include -c a.c", f"{CC} -c a.c {OBJECT}"),
        # The exception model is the runtime's, whatever the build requests, and there is one processor only.
        (Tool.CXX, "-fexceptions -pthread -march=native -flto -c a.cc", f"{CXX} -c a.cc {OBJECT}"),
        # Settings are removed, except those that request ports.
        (Tool.CC, "-sMAIN_MODULE=1 -s SIDE_MODULE=1 -s WASM=1 -c a.c", f"{CC} -c a.c {OBJECT}"),
        (Tool.CC, "-sUSE_ZLIB -s USE_BZIP2=1 -c a.c", f"{CC} -sUSE_ZLIB -sUSE_BZIP2=1 -c a.c {OBJECT}"),
        # Objects into one object.
        (Tool.CC, "-r a.o b.o -o c.o", f"{CC} -r a.o b.o -o c.o {OBJECT}"),
        (Tool.CC, "-Wl,-r a.o -o c.o", f"{CC} -Wl,-r a.o -o c.o {OBJECT}"),
        # Queries.
        (Tool.CC, "--version", f"{CC} --version"),
        (Tool.CC, "-dumpmachine", f"{CC} -dumpmachine"),
        (Tool.LD, "--version", "/sdk/upstream/emscripten/emcc --version"),
        # Other tools.
        (Tool.AR, "rcs a.a a.o", "/sdk/upstream/emscripten/emar rcs a.a a.o"),
        (Tool.RANLIB, "a.a", "/sdk/upstream/emscripten/emranlib a.a"),
        (Tool.NM, "a.so", f"{sys.executable} -m crosswheel.object_files.nm_readelf nm a.so"),
    ],
)
def test_calls_become_one_command(tool: Tool, given: str, expected: str) -> None:
    (command,) = plan(tool, given).commands
    assert " ".join(command) == expected


@pytest.mark.parametrize(
    ("tool", "given", "expected"),
    [
        (Tool.CC, "-shared a.o -o a.so", f"{LINK_CC} a.o -o a.so {OBJECT} -O2 {MODULE} {ONLY} -XL"),
        (Tool.CC, "-shared -O3 a.o -o a.so", f"{LINK_CC} -O3 a.o -o a.so {OBJECT} {MODULE} {ONLY} -XL"),
        (Tool.CXX, "-shared a.cc -o p/a.cp.so", f"{LINK_CXX} a.cc -o p/a.cp.so {OBJECT} {MODULE} {ONLY} -XL"),
        # The runtime has the C and C++ libraries; options of other linkers and settings of emcc's output are removed.
        (
            Tool.CC,
            "-shared -s a.o -lm -lpthread -lz -Wl,--as-needed,-soname,a -sEXPORT_ALL -o a.so",
            f"{LINK_CC} a.o -lz -o a.so {OBJECT} -O2 {MODULE} {ONLY} -XL",
        ),
        (
            Tool.CC,
            "-x c a.c -o a",
            f"{LINK_CC} -x c a.c -o a {OBJECT} -xnone {MODULE} {PROGRAM} -Wl,--no-fatal-warnings -XL",
        ),
        (Tool.LD, "-shared a.o -o a.so", f"{LINK_CC} a.o -o a.so {OBJECT} -O2 {MODULE} {ONLY} -XL"),
    ],
)
def test_links_are_proven(tool: Tool, given: str, expected: str) -> None:
    link, check = plan(tool, given).commands
    assert " ".join(link) == expected
    output = given.rpartition("-o ")[2]
    untyped = "" if "-shared" in given else "--untyped "
    assert " ".join(check) == f"{CHECK} {untyped}{output} {expected}"


def test_a_person_can_have_more_exported() -> None:
    link, _ = plan(Tool.CC, "-shared a.o -o a.so", CallSettings(exports=("more",))).commands
    assert link[-1] == "-Wl,--export-if-defined=more"
    link, _ = plan(Tool.CC, "-shared a.o -o a.so", CallSettings(exports=("*",))).commands
    assert not any("=*" in word for word in link)
    assert "-fvisibility=default" in link


def test_exceptions_are_those_of_the_abi() -> None:
    (command,) = plan(Tool.CXX, "-c a.cc", of=toolchain(abi="2024_0")).commands
    assert command[-5:-2] == ("-fexceptions", "-sSUPPORT_LONGJMP=emscripten", "-fvisibility=hidden")


def test_newer_versions_pass_64_bit_integers_unasked() -> None:
    link, _ = plan(Tool.CC, "-shared a.o", of=toolchain("4.0.9")).commands
    assert "-sWASM_BIGINT" not in link


@pytest.mark.parametrize(
    ("tool", "given", "message"),
    [
        (Tool.CC, "-fopenmp -c a.c", "there are no threads"),
        (Tool.CC, "-shared a.o /usr/lib/libz.so -o a.so", "belongs to the build machine"),
        (Tool.FORTRAN, "-c a.f", "no Fortran"),
        (Tool.OBJCOPY, "a.o", "there is no objcopy"),
    ],
)
def test_what_cannot_be_is_refused(tool: Tool, given: str, message: str) -> None:
    found = plan(tool, given)
    assert not found.commands
    assert found.status != 0
    assert message in found.output


def test_the_program_behind_the_script_is_called_with_a_chosen_python(tmp_path: Path) -> None:
    (tmp_path / "emcc.py").touch()
    installed = InstalledEmcc(tmp_path, "3.1.69", Path("/python"))
    assert installed.command("emcc") == ("/python", "-E", str(tmp_path / "emcc.py"))
    assert installed.command("emar") == (str(tmp_path / "emar"),)
