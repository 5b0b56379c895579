"""Rules for Windows: tables of whole command lines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosswheel.toolchains.model import Call, CallSettings, OptionalLibrary, Plan, Tool
from crosswheel.toolchains.zig.windows.rules import WindowsFacts, plan_call, system_library
from crosswheel.toolchains.zig.windows.sysroot import strip_argument_sizes
from crosswheel.toolchains.zig.windows.target_toolchain import windows_zig_targets

FACTS = WindowsFacts(
    clang=("clang", "-XT"),
    c_flags=("-XI",),
    cxx_flags=("-XI++",),
    linker=("lld-link",),
    tools={Tool.AR: ("ar",), Tool.DLLTOOL: ("dlltool",), Tool.WINDRES: ("rc",)},
    linker_version=("lld", "--version"),
    library="/lib",
    runtime="/runtime",
    cpu_model=None,
    imports="/imports",
    system=frozenset({"ws2_32", "kernel32"}),
    module_start="/lib/dllcrt2.o",
    program_start="/lib/crt2.o",
    libraries=("/lib/libmingw32.a", "/lib/libclang_rt.builtins.a"),
    cpu="x86_64",
    multiarch="x86_64-w64-mingw32",
)
SETTINGS = CallSettings(
    path_map=(("/usr/include/python3.13", "/target"),),
    removed_paths=("/usr/include", "/usr/lib"),
    extra_compile=("-XC",),
    extra_link=("-L/libs",),
)
DIRECTORIES = "-libpath:/lib -libpath:/imports -libpath:/libs"
ENDING = "/lib/libmingw32.a /lib/libclang_rt.builtins.a"
RUNTIME = "/runtime/libc++.a /runtime/libc++abi.a /runtime/libunwind.a"
MODULE = "lld-link -dll -noimplib -out:a.pyd"


def plan(tool: Tool, text: str) -> Plan:
    return plan_call(FACTS, Call(tool, tuple(text.split()), "/work"), SETTINGS)


def lines(tool: Tool, text: str) -> list[str]:
    return [" ".join(command) for command in plan(tool, text).commands]


@pytest.mark.parametrize(
    ("tool", "given", "expected"),
    [
        (Tool.CC, "-O2 -fPIC -c a.c -o a.o", "clang -XT -O2 -fPIC -c a.c -o a.o -XI -XC -g0"),
        (Tool.CXX, "-c a.cc", "clang -XT --driver-mode=g++ -c a.cc -XI++ -XC -g0"),
        (Tool.CC, "-shared -lws2_32 -Wl,--as-needed -c a.c", "clang -XT -c a.c -XI -XC -g0"),
        (Tool.CC, "-I/usr/include/python3.13 -I/usr/include -c a.c", "clang -XT -I/target -c a.c -XI -XC -g0"),
        (Tool.CC, "-march=native -c a.c", "clang -XT -c a.c -XI -XC -g0"),
        # Microsoft's options, by projects that know they are built for Windows.
        (Tool.CC, "/O2 /W3 /DNDEBUG /DA=1 -c a.c", "clang -XT -O2 -DNDEBUG -DA=1 -c a.c -XI -XC -g0"),
        (Tool.CXX, "/std:c++17 /EHsc /bigobj -c a.cc", "clang -XT --driver-mode=g++ -std=c++17 -c a.cc -XI++ -XC -g0"),
        (Tool.CC, "/wd4996 /external:I/usr/x /DX=a/b -c a.c", "clang -XT -DX=a/b -c a.c -XI -XC -g0"),
        # Paths that begin like them.
        (Tool.CC, "-c /work/a.c", "clang -XT -c /work/a.c -XI -XC -g0"),
        (Tool.CC, "-c /web/b/a.c -o a.o", "clang -XT -c /web/b/a.c -o a.o -XI -XC -g0"),
    ],
)
def test_compiling(tool: Tool, given: str, expected: str) -> None:
    assert lines(tool, given) == [expected]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("-shared a.o -o a.pyd", f"{MODULE} a.o /lib/dllcrt2.o {DIRECTORIES} {ENDING}"),
        ("-shared a.o -lm -lpthread -ldl -luuid -o a.pyd", f"{MODULE} a.o /lib/dllcrt2.o {DIRECTORIES} {ENDING}"),
        (
            "-shared a.o -Lb -lz -o a.pyd",
            f"{MODULE} a.o -libpath:b -defaultlib:z /lib/dllcrt2.o {DIRECTORIES} {ENDING}",
        ),
        ("-shared a.o -lWS2_32 -o a.pyd", f"{MODULE} a.o -defaultlib:ws2_32 /lib/dllcrt2.o {DIRECTORIES} {ENDING}"),
        ("-shared a.o x.def -o a.pyd", f"{MODULE} a.o -def:x.def /lib/dllcrt2.o {DIRECTORIES} {ENDING}"),
        (
            "-shared -Wl,--whole-archive b.a -Wl,--no-whole-archive c.a -o a.pyd",
            f"{MODULE} -wholearchive:b.a c.a /lib/dllcrt2.o {DIRECTORIES} {ENDING}",
        ),
        (
            "-shared -Wl,--whole-archive -lb -Wl,--no-whole-archive -lc -lz -o a.pyd",
            f"{MODULE} -wholearchive:libb.a -defaultlib:z /lib/dllcrt2.o {DIRECTORIES} {ENDING}",
        ),
        (
            "-shared -Wl,--out-implib,a.dll.a -Wl,--major-image-version,0 -Wl,-s a.o -o a.pyd",
            f"lld-link -dll -out:a.pyd -implib:a.dll.a a.o /lib/dllcrt2.o {DIRECTORIES} {ENDING}",
        ),
        (
            "-shared -Wl,-R/own -Wl,-R,/own -Wl,-rpath=/own -Wl,--rpath,/own a.o -o a.pyd",
            f"{MODULE} a.o /lib/dllcrt2.o {DIRECTORIES} {ENDING}",
        ),
        ("-shared a.o /EXPORT:f /OPT:REF -o a.pyd", f"{MODULE} a.o -EXPORT:f /lib/dllcrt2.o {DIRECTORIES} {ENDING}"),
        ("a.o -o a", f"lld-link -noimplib -out:a.exe a.o /lib/crt2.o {DIRECTORIES} {ENDING}"),
    ],
)
def test_linking(given: str, expected: str) -> None:
    assert lines(Tool.CC, given) == [expected]


def test_a_module_in_cxx_carries_its_runtime() -> None:
    result = plan(Tool.CXX, "-shared a.o -lstdc++ -o a.pyd")
    assert [" ".join(command) for command in result.commands] == [
        f"{MODULE} a.o /lib/dllcrt2.o {DIRECTORIES} {RUNTIME} {ENDING}"
    ]
    assert result.requires == ("c++",)


def test_a_library_of_the_system_is_made_when_it_is_asked_for() -> None:
    result = plan(Tool.CC, "-shared a.o -lWs2_32 -lkernel32 -lws2_32 -o a.pyd")
    assert [system_library(part) for part in result.requires] == ["ws2_32", "kernel32"]
    assert system_library("c++") is None


def test_libraries_of_the_system_that_libraries_need_are_made_too() -> None:
    call = Call(Tool.CC, ("-shared", "a.o", "-o", "a.pyd"), "/work")
    result = plan_call(FACTS, call, CallSettings(extra_link=("-L/libs", "-lws2_32"), archives=("/libs/libuv.a",)))
    assert result.requires == ("import:ws2_32",)
    assert "-libpath:/libs -defaultlib:ws2_32 /libs/libuv.a" in " ".join(result.commands[0])


def test_compiling_and_linking_are_two_commands() -> None:
    assert lines(Tool.CC, "-O2 -shared a.c -o a.pyd") == [
        "clang -XT -O2 -c a.c -o a.pyd.0.o -XI -XC -g0",
        f"{MODULE} a.pyd.0.o /lib/dllcrt2.o {DIRECTORIES} {ENDING}",
        "/bin/rm -f a.pyd.0.o",
    ]


@pytest.mark.parametrize(
    ("tool", "given", "message"),
    [
        (Tool.CC, "-shared a.o -Wl,--frobnicate -o a.pyd", "unknown argument: --frobnicate"),
        (Tool.CC, "-r a.o b.o -o c.o", "cannot make one object of several"),
        (Tool.CC, "-fopenmp -c a.c", "OpenMP"),
        (Tool.CXX, "/openmp -c a.cc", "OpenMP"),
        (Tool.CC, "-shared a.o /usr/lib/libz.a -o a.pyd", "belongs to the build machine"),
        (Tool.WINDRES, "--frobnicate a.rc", "unknown option"),
    ],
)
def test_what_cannot_be_done_is_refused(tool: Tool, given: str, message: str) -> None:
    result = plan(tool, given)
    assert result.status == 1
    assert message in result.output


@pytest.mark.parametrize("given", ["-Wl,--version", "-Wl,/logo -Wl,--version", "-Wl,-v"])
def test_builds_that_ask_for_the_linker_meet_lld(given: str) -> None:
    assert lines(Tool.CC, given) == ["lld --version"]


def test_the_linker_by_itself_takes_gnu_words() -> None:
    assert lines(Tool.LD, "-shared -m i386pep a.o -lws2_32 -o a.dll") == [
        "lld-link -dll -noimplib -out:a.dll a.o -defaultlib:ws2_32 -libpath:/lib -libpath:/imports"
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("-i a.rc -o a.o", "rc /:output-format coff /fo a.o -- a.rc"),
        ("-O coff -DX=1 -I inc a.rc a.obj", "rc /:output-format coff /d X=1 /i inc /fo a.obj -- a.rc"),
        ("--input=a.rc --output=a.res", "rc /:output-format res /fo a.res -- a.rc"),
    ],
)
def test_resources(given: str, expected: str) -> None:
    assert lines(Tool.WINDRES, given) == [expected]


def test_sizes_of_arguments_are_part_of_names_on_32_bit_x86_only() -> None:
    exports = "LIBRARY WS2_32.dll\nEXPORTS\nsend@16\n?mangled@@YA\nWEP@500 @12\nplain\n"
    assert strip_argument_sizes(exports) == "LIBRARY WS2_32.dll\nEXPORTS\nsend\n?mangled@@YA\nWEP @12\nplain\n"


def test_every_architecture_has_a_row() -> None:
    from crosswheel.targets import windows_architectures

    assert windows_zig_targets().keys() == windows_architectures().keys()


def test_links_name_processor_detection() -> None:
    library = OptionalLibrary("cpu-model", "/cpu/lib.a", ("__cpu_model",))
    facts = replace(FACTS, cpu_model=library)
    for arguments, mentioned in (("-shared a.o", True), ("a.o -o a", True), ("-c a.c", False)):
        made = plan_call(facts, Call(Tool.CC, tuple(arguments.split()), "/work"), CallSettings())
        assert made.optional == ((library,) if mentioned else ())
        assert ("/cpu/lib.a" in made.commands[0]) is mentioned
