"""Rules for macOS: tables of whole command lines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosswheel.errors import EnvironmentMissingError
from crosswheel.toolchains.model import Call, CallSettings, OptionalLibrary, Plan, Tool
from crosswheel.toolchains.zig.macos.rules import MacosFacts, plan_call
from crosswheel.toolchains.zig.macos.target_toolchain import hide_libcxx

FACTS = MacosFacts(
    clang=("clang", "-XT"),
    c_flags=("-XI",),
    cxx_flags=("-XI++",),
    linker=("ld",),
    tools={Tool.AR: ("ar",), Tool.RANLIB: ("ranlib",), Tool.NM: ("nm",)},
    runtime="/runtime",
    cpu_model=None,
    architecture="arm64",
    cpu="aarch64",
    multiarch="darwin",
)
SETTINGS = CallSettings(
    path_map=(("/usr/include/python3.13", "/target"),),
    removed_paths=("/usr/include", "/usr/lib"),
    extra_compile=("-XC",),
    extra_link=("-XL",),
)
CXX = "clang -XT --driver-mode=g++"
RUNTIME = "/runtime/libc++.a /runtime/libc++abi.a"
MODULE = "ld -shared -install_name @rpath/a.so"


def plan(tool: Tool, text: str) -> Plan:
    return plan_call(FACTS, Call(tool, tuple(text.split()), "/work"), SETTINGS)


def lines(tool: Tool, text: str) -> list[str]:
    return [" ".join(command) for command in plan(tool, text).commands]


@pytest.mark.parametrize(
    ("tool", "given", "expected"),
    [
        (Tool.CC, "-O2 -c a.c -o a.o", "clang -XT -O2 -c a.c -o a.o -XI -XC -g0"),
        (Tool.CC, "-c a.cc", "clang -XT -c a.cc -XI++ -XC -g0"),
        (Tool.CXX, "-c a.cc", f"{CXX} -c a.cc -XI++ -XC -g0"),
        (Tool.CPP, "a.c", "clang -XT -E a.c -XI -XC -g0"),
        # What the target decides.
        (Tool.CC, "-arch arm64 -mmacosx-version-min=10.9 -c a.c", "clang -XT -c a.c -XI -XC -g0"),
        (Tool.CC, "-arch x86_64 -arch arm64 -isysroot /SDK -c a.c", "clang -XT -c a.c -XI -XC -g0"),
        (Tool.CC, "-F/Library/Frameworks -iframework /x -flto=thin -c a.c", "clang -XT -c a.c -XI -XC -g0"),
        (Tool.CC, "-march=native -mavx2 -c a.c", "clang -XT -mavx2 -c a.c -XI -XC -g0"),
        (Tool.CC, "-I/usr/include/python3.13 -I/usr/include -c a.c", "clang -XT -I/target -c a.c -XI -XC -g0"),
        # What only a link understands says nothing beside -c.
        (Tool.CC, "-shared -bundle -undefined dynamic_lookup -framework X -c a.c", "clang -XT -c a.c -XI -XC -g0"),
        # Links.
        (
            Tool.CC,
            "-bundle -undefined dynamic_lookup a.o -o b/a.so",
            f"{MODULE} -undefined dynamic_lookup a.o -XL -o b/a.so",
        ),
        (
            Tool.CC,
            "-shared -Wl,-undefined,dynamic_lookup a.o -o a.so",
            f"{MODULE} -Wl,-undefined,dynamic_lookup a.o -XL -o a.so",
        ),
        (
            Tool.CC,
            "-shared -Wl,-U -Wl,_PyList_New a.o -Wl,-U,_PyList_Size -o a.so",
            f"{MODULE} -Wl,-undefined -Wl,dynamic_lookup a.o -XL -o a.so",
        ),
        (
            Tool.CC,
            "-dynamiclib -install_name @rpath/x -L. -lx a.o -o a.so",
            "ld -shared -install_name @rpath/x -L. -lx a.o -XL -o a.so",
        ),
        (
            Tool.CC,
            "-shared -Wl,-install_name,@rpath/x a.o -o a.so",
            "ld -shared -Wl,-install_name,@rpath/x a.o -XL -o a.so",
        ),
        (
            Tool.CC,
            "-bundle -Wl,-rpath,@loader_path -Wl,-rpath,/usr/lib a.o -o a.so",
            f"{MODULE} -Wl,-rpath,@loader_path a.o -XL -o a.so",
        ),
        (Tool.CC, "-bundle -Wl,-R/own/lib -Wl,-R,/own/lib a.o -o a.so", f"{MODULE} a.o -XL -o a.so"),
        (
            Tool.CC,
            "-bundle -Wl,-no_fixup_chains,-ld_classic,-dead_strip a.o -o a.so",
            f"{MODULE} -Wl,-dead_strip a.o -XL -o a.so",
        ),
        (Tool.CC, "-bundle -Wl,-exported_symbols_list,l -O3 -Wall a.o -o a.so", f"{MODULE} a.o -XL -o a.so"),
        (
            Tool.CC,
            "-bundle -headerpad_max_install_names a.o -lm -o a.so",
            f"{MODULE} -headerpad_max_install_names a.o -lm -XL -o a.so",
        ),
        (Tool.CXX, "-bundle a.o -o a.so", f"{MODULE} a.o -XL {RUNTIME} -o a.so"),
        (Tool.CC, "-bundle a.o -lc++ -o a.so", f"{MODULE} a.o -XL {RUNTIME} -o a.so"),
        (Tool.CC, "a.o -lm -o a", "ld a.o -lm -XL -o a"),
        (Tool.CC, "-r a.o b.o -o c.o", "ld -r a.o b.o -XL -o c.o"),
        (
            Tool.LD,
            "-bundle -undefined dynamic_lookup a.o -o a.so",
            f"{MODULE} -undefined dynamic_lookup a.o -XL -o a.so",
        ),
        (Tool.AR, "rcs a.a a.o", "ar rcs a.a a.o"),
        (Tool.RANLIB, "a.a", "ranlib a.a"),
        (Tool.NM, "a.so", "nm a.so"),
    ],
)
def test_calls_become_one_command(tool: Tool, given: str, expected: str) -> None:
    assert lines(tool, given) == [expected]


@pytest.mark.parametrize(
    ("tool", "given", "expected"),
    [
        (
            Tool.CC,
            "-O3 -DX -bundle -undefined dynamic_lookup a.c b.o -lm -o a.so",
            [
                "clang -XT -O3 -DX -c a.c -o a.so.0.o -XI -XC -g0",
                f"{MODULE} -undefined dynamic_lookup a.so.0.o b.o -lm -XL -o a.so",
                "/bin/rm -f a.so.0.o",
            ],
        ),
        (
            Tool.CC,
            "a.c b.c -o /dev/null",
            [
                "clang -XT -c a.c -o crosswheel.0.o -XI -XC -g0",
                "clang -XT -c b.c -o crosswheel.1.o -XI -XC -g0",
                "ld crosswheel.0.o crosswheel.1.o -XL -o /dev/null",
                "/bin/rm -f crosswheel.0.o crosswheel.1.o",
            ],
        ),
        (
            Tool.CXX,
            "-xc++ - -o a",
            [
                f"{CXX} -xc++ -c - -o a.0.o -XI++ -XC -g0",
                f"ld a.0.o -XL {RUNTIME} -o a",
                "/bin/rm -f a.0.o",
            ],
        ),
    ],
)
def test_sources_of_a_link_are_compiled_first(tool: Tool, given: str, expected: list[str]) -> None:
    assert lines(tool, given) == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("-bundle a.o -framework Accelerate -o a.so", "framework Accelerate"),
        ("-bundle a.o -Wl,-framework,CoreFoundation -o a.so", "framework CoreFoundation"),
        ("-bundle a.o -weak_framework Metal -o a.so", "framework Metal"),
        ("-shared -Wl,--as-needed a.o -o a.so", "unknown option: --as-needed"),
        ("-shared -Wl,-soname,a a.o -o a.so", "unknown option: -soname"),
        ("-shared -Wl,-z,now a.o -o a.so", "unknown option: -z"),
        ("-fopenmp -c a.c", "OpenMP"),
        ("-bundle /usr/lib/libz.a -o a.so", "/usr/lib/libz.a"),
    ],
)
def test_what_cannot_be_done_is_refused(given: str, message: str) -> None:
    refused = plan(Tool.CC, given)
    assert refused.status != 0
    assert refused.commands == ()
    assert message in refused.output


def test_whoever_asks_for_the_linker_is_answered_as_apple_s_does() -> None:
    assert lines(Tool.CC, "-Wl,--version") == ["/bin/sh -c echo 'ld: unknown option: --version' >&2; exit 1"]
    assert "PROJECT:ld64-" in lines(Tool.CC, "-Wl,-v")[0]
    assert "PROJECT:ld64-" in lines(Tool.LD, "-v")[0]


@pytest.mark.parametrize(
    ("given", "noted"),
    [
        ("-arch arm64 -c a.c", False),
        ("-arch x86_64 -c a.c", True),
        ("-mmacosx-version-min=10.9 -c a.c", True),
        ("-bundle -Wl,-exported_symbols_list,l a.o", True),
    ],
)
def test_what_is_left_out_is_noted(given: str, noted: bool) -> None:
    assert bool(plan(Tool.CC, given).notes) is noted


def test_only_links_of_cxx_need_its_runtime() -> None:
    assert plan(Tool.CXX, "-bundle a.o").requires == ("c++",)
    assert plan(Tool.CC, "-bundle a.o").requires == ()
    assert plan(Tool.CXX, "-c a.cc").requires == ()


def test_what_modules_have_of_the_cxx_library_stays_private() -> None:
    known = """
#      define _LIBCPP_NAMESPACE_VISIBILITY
#    define _LIBCPP_EXPORTED_FROM_ABI _LIBCPP_VISIBILITY("default")
#    define _LIBCPP_EXTERN_TEMPLATE_TYPE_VIS _LIBCPP_VISIBILITY("default")
"""
    hidden = '__attribute__((__visibility__("hidden")))'
    lines = hide_libcxx(known).splitlines()
    assert lines[1] == f"#define _LIBCPP_NAMESPACE_VISIBILITY {hidden}"
    assert lines[2] == f"#define _LIBCPP_EXPORTED_FROM_ABI {hidden}"
    assert lines[3:] == known.splitlines()[3:]
    with pytest.raises(EnvironmentMissingError):
        hide_libcxx("another library")


@pytest.mark.parametrize(
    ("given", "expected", "requires"),
    [
        (
            "-bundle a.o -framework Tiny -weak_framework Other -o a.so",
            "a.o -framework Tiny -weak_framework Other -F/stubs",
            ("framework Tiny", "framework Other"),
        ),
        (
            "-bundle a.o -Wl,-framework,Tiny,-dead_strip -Wl,-needed_framework -Wl,Tiny -o a.so",
            "a.o -Wl,-dead_strip -framework Tiny -F/stubs",
            ("framework Tiny",),
        ),
        ("-bundle a.o -lz -o a.so", "a.o -lz", ()),
    ],
)
def test_an_sdk_adds_frameworks_and_libraries(given: str, expected: str, requires: tuple[str, ...]) -> None:
    facts = replace(FACTS, sdk_libraries=("-L/sdk/usr/lib",), frameworks="/stubs")
    result = plan_call(facts, Call(Tool.CC, tuple(given.split()), "/work"), SETTINGS)
    assert [" ".join(command) for command in result.commands] == [f"{MODULE} {expected} -L/sdk/usr/lib -XL -o a.so"]
    assert result.requires == requires


def test_links_name_processor_detection() -> None:
    library = OptionalLibrary("cpu-model", "/cpu/lib.a", ("__cpu_model",))
    facts = replace(FACTS, cpu_model=library)
    for arguments, mentioned in (("-shared a.o", True), ("a.o -o a", True), ("-c a.c", False)):
        made = plan_call(facts, Call(Tool.CC, tuple(arguments.split()), "/work"), CallSettings())
        assert made.optional == ((library,) if mentioned else ())
        assert ("/cpu/lib.a" in made.commands[0]) is mentioned
