"""Calls rewritten for zig's clang and wasm-ld: tables of whole command lines."""

from __future__ import annotations

import sys

import pytest

from crosswheel.toolchains.emscripten.link_check import ModuleLinkCheck
from crosswheel.toolchains.emscripten.rules import EmscriptenFacts, plan_call
from crosswheel.toolchains.model import Call, CallSettings, Plan, Tool

FACTS = EmscriptenFacts(
    cc=("clang", "-XT"),
    cxx=("clang", "-XT", "--driver-mode=g++"),
    compile_args=("-fPIC", "-XE"),
    link_args=("-fuse-ld=wasm-ld", "-nostdlib"),
    relocatable_link_args=("-fuse-ld=wasm-ld",),
    linker=("wasm-ld",),
    runtime_exports_file="surface",
    tools={Tool.AR: ("ar",), Tool.RANLIB: ("ranlib",), Tool.NM: ("nm",), Tool.READELF: ("readelf",)},
    multiarch="wasm32-emscripten",
)
SETTINGS = CallSettings(
    path_map=(("/usr/include/python3.13", "/target"),),
    removed_paths=("/usr/include", "/usr/lib"),
    extra_compile=("-XC",),
    extra_link=("-XL",),
)
CHECK = f"{sys.executable} -m crosswheel.toolchains.emscripten.link_check"
CC, CXX = "clang -XT", "clang -XT --driver-mode=g++"
OBJECT = "-fPIC -XE -fvisibility=hidden -XC -g0"
MODULE = "-fuse-ld=wasm-ld -nostdlib -Wl,-Bsymbolic -Wl,--export=__wasm_call_ctors -Wl,--no-export-dynamic"
ENTRY = "-Wl,--export-if-defined=PyInit_a -Wl,--export-if-defined=PyInitU_a"


def plan(tool: Tool, text: str, settings: CallSettings = SETTINGS) -> Plan:
    return plan_call(FACTS, Call(tool, tuple(text.split()), "/work"), settings)


@pytest.mark.parametrize(
    ("tool", "given", "expected"),
    [
        (Tool.CC, "-O2 -c a.c -o a.o", f"{CC} -O2 -c a.c -o a.o {OBJECT}"),
        (Tool.CXX, "-c a.cc", f"{CXX} -c a.cc {OBJECT}"),
        (Tool.CPP, "a.c", f"{CC} -E a.c {OBJECT}"),
        (Tool.CC, "-I/usr/include/python3.13 -I/usr/include -c a.c", f"{CC} -I/target -c a.c {OBJECT}"),
        (Tool.CXX, "-fexceptions -pthread -march=native -mavx2 -flto -c a.cc", f"{CXX} -c a.cc {OBJECT}"),
        (Tool.CC, "-c a.c b.c", f"{CC} -c a.c b.c {OBJECT}"),
        (Tool.AR, "rcs a.a a.o", "ar rcs a.a a.o"),
        (Tool.RANLIB, "a.a", "ranlib a.a"),
        (Tool.NM, "a.so", "nm a.so"),
    ],
)
def test_calls_become_one_command(tool: Tool, given: str, expected: str) -> None:
    (command,) = plan(tool, given).commands
    assert " ".join(command) == expected


@pytest.mark.parametrize(
    ("tool", "given", "expected"),
    [
        (Tool.CC, "-shared a.o -o a.so", f"{CC} a.o -o a.so {OBJECT} {MODULE} {ENTRY} -XL"),
        (
            Tool.CXX,
            "-shared a.o -lm -lstdc++ -pthread -o p/a.x.so",
            f"{CXX} a.o -o p/a.x.so {OBJECT} {MODULE} {ENTRY} -XL",
        ),
        (
            Tool.CC,
            "-shared -Wl,--as-needed,-soname,a,-rpath,/x -Wl,-R/x,-R,/y -L/usr/lib a.o -o a.so",
            f"{CC} a.o -o a.so {OBJECT} {MODULE} {ENTRY} -XL",
        ),
    ],
)
def test_links_are_proven(tool: Tool, given: str, expected: str) -> None:
    link, check = plan(tool, given).commands
    assert " ".join(link) == expected
    assert " ".join(check) == f"{CHECK} surface {given.rpartition('-o ')[2]} {expected}"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("-fopenmp -c a.c", "no threads"),
        ("-sUSE_SDL=2 -c a.c", "sdl"),
        ("--use-port=contrib.glfw3 -c a.c", "contrib.glfw3"),
        ("-shared /usr/lib/libz.a -o a.so", "/usr/lib/libz.a"),
    ],
)
def test_what_cannot_be_done_is_refused(given: str, message: str) -> None:
    refused = plan(Tool.CC, given)
    assert refused.status != 0
    assert message in refused.output


def test_all_symbols_can_be_exported() -> None:
    link, _ = plan(Tool.CC, "-shared a.o -o a.so", CallSettings(exports=("*",))).commands
    assert "-fvisibility=default" in link
    assert "-fvisibility=hidden" not in link


@pytest.mark.parametrize(
    ("words", "libraries"),
    [
        ("-shared a.o lib/libx.so -o a.so", ["lib/libx.so"]),
        ("-shared a.o -Lbuild -Lsub -lx -o a.so", ["build/libx.so", "sub/libx.so"]),
        ("-shared a.o -o a.so", []),
    ],
)
def test_a_module_may_import_from_libraries_that_the_project_has_linked(words: str, libraries: list[str]) -> None:
    check = plan(Tool.CC, words).check
    assert isinstance(check, ModuleLinkCheck)
    assert list(check.shared) == libraries


@pytest.mark.parametrize(
    ("words", "output"),
    [("--version", "patchelf 0.18.0\n"), ("--print-rpath a.so", "\n"), ("--set-rpath $ORIGIN a.so", "")],
)
def test_patchelf_has_nothing_to_do(words: str, output: str) -> None:
    answer = plan(Tool.PATCHELF, words)
    assert (answer.commands, answer.output, answer.status) == ((), output, 0)
