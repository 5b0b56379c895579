"""Calls rewritten for an installed cross gcc or clang: tables of whole command lines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosswheel.toolchains.gcc.rules import GccFacts, plan_call
from crosswheel.toolchains.model import Call, CallSettings, Plan, Tool

FACTS = GccFacts(
    family="gcc",
    tools={Tool.CC: ("gcc",), Tool.CXX: ("g++",), Tool.LD: ("ld",), Tool.AR: ("ar",), Tool.NM: ("nm",)},
    flags=("-march=T",),
    c_flags=("-nostdinc", "-isystem", "/c"),
    cxx_flags=("-nostdinc", "-nostdinc++", "-isystem", "/c++"),
    compiler_libraries=("-l:libatomic.a", "-l:libgcc.a", "-l:libgcc_eh.a"),
    cxx_problem="",
    search_dirs="libraries: =/cross/lib\n",
    libgcc="/cross/libgcc.a",
    version_script="/toolchain/hidden.map",
    multiarch="riscv64-linux-gnu",
)
SETTINGS = CallSettings(
    path_map=(("/usr/include/python3.13", "/target"),),
    removed_paths=("/usr/include", "/usr/lib"),
    kept_paths=("/tmp/build", "/tmp/build/deeper"),
    extra_compile=("-XC",),
    extra_link=("-XL",),
)

CC = "gcc -march=T"
CXX = "g++ -march=T"
OBJECT = "-nostdinc -isystem /c -XC -g0"
OBJECT_CXX = "-nostdinc -nostdinc++ -isystem /c++ -XC -g0"
C = f"{OBJECT} -frandom-seed=a.c"
CC_AS_CXX = f"{OBJECT_CXX} -frandom-seed=a.cc"
LINK = "-nodefaultlibs -XL -Wl,--gc-sections -Wl,--strip-debug"
HIDE = "-Wl,--exclude-libs,libstdc++.a:libsupc++.a:libgcc.a:libgcc_eh.a:libatomic.a"
EXPORTS = f"{HIDE} -Wl,--version-script=/toolchain/hidden.map"
ENDING = "-Wl,--as-needed -Wl,--start-group -l:libatomic.a -l:libgcc.a -l:libgcc_eh.a -lc -Wl,--end-group"
THREADS = ENDING.replace("-lc ", "-lpthread -lc ")
CXX_ENDING = THREADS.replace("--as-needed", "--as-needed -l:libstdc++.a -lm", 1)
SHARED = f"{OBJECT} {LINK} {EXPORTS} {ENDING}"
SHARED_CXX = f"{OBJECT_CXX} {LINK} {EXPORTS} {CXX_ENDING}"


def plan(tool: Tool, text: str, facts: GccFacts = FACTS) -> Plan:
    return plan_call(facts, Call(tool, tuple(text.split()), "/work"), SETTINGS)


def only_command(tool: Tool, text: str, facts: GccFacts = FACTS) -> str:
    (command,) = plan(tool, text, facts).commands
    return " ".join(command)


@pytest.mark.parametrize(
    ("tool", "given", "expected"),
    [
        # Compiling.
        (Tool.CC, "-O2 -c a.c -o a.o", f"{CC} -O2 -c a.c -o a.o {C}"),
        (Tool.CC, "-c a.c b.c", f"{CC} -c a.c b.c {C}"),
        (Tool.CC, "-c a.cc", f"{CC} -c a.cc {CC_AS_CXX}"),
        (Tool.CXX, "-c a.cc", f"{CXX} -c a.cc {CC_AS_CXX}"),
        (Tool.CC, "-x c -c -", f"{CC} -x c -c - {OBJECT}"),
        (Tool.CC, "-E -dM -", f"{CC} -E -dM - {OBJECT}"),
        (Tool.CC, "-M a.c", f"{CC} -M a.c {C}"),
        (Tool.CC, "-MMD -MF a.d -c a.c", f"{CC} -MMD -MF a.d -c a.c {C}"),
        (Tool.CC, "-Wp,-D_FORTIFY_SOURCE=2 -c a.c", f"{CC} -Wp,-D_FORTIFY_SOURCE=2 -c a.c {C}"),
        (Tool.CC, "-flto=auto -fno-tree-vrp -c a.c", f"{CC} -flto=auto -fno-tree-vrp -c a.c {C}"),
        # A build's own choices count.
        (Tool.CC, "-march=rv64gcv -c a.c", f"{CC} -march=rv64gcv -c a.c {C}"),
        (Tool.CC, "-frandom-seed=1 -c a.c", f"{CC} -frandom-seed=1 -c a.c {OBJECT}"),
        (Tool.CC, "-nostdinc -c a.c", f"{CC} -nostdinc -c a.c -XC -g0 -frandom-seed=a.c"),
        # The seed is a source's place in the build, wherever the build lies.
        (Tool.CC, "-c /tmp/build/x/a.c", f"{CC} -c /tmp/build/x/a.c {OBJECT} -frandom-seed=/x/a.c"),
        (Tool.CC, "-c /tmp/build/deeper/a.c", f"{CC} -c /tmp/build/deeper/a.c {OBJECT} -frandom-seed=/a.c"),
        (Tool.CC, "-c ../tmp/build/a.c", f"{CC} -c ../tmp/build/a.c {OBJECT} -frandom-seed=/a.c"),
        # The build machine.
        (Tool.CC, "-march=native -mtune=native -c a.c", f"{CC} -c a.c {C}"),
        (Tool.CC, "-I/usr/include -I/usr/include/python3.13 -c a.c", f"{CC} -I/target -c a.c {C}"),
        # Options that only clang has, and options that crosswheel sets.
        (Tool.CC, "-Qunused-arguments -Xclang -fx -c a.c", f"{CC} -c a.c {C}"),
        (Tool.CC, "--sysroot=/ --sysroot / -isysroot / -specs=x -c a.c", f"{CC} -c a.c {C}"),
        # Linking shared objects.
        (Tool.CC, "-shared a.o -o a.so", f"{CC} -shared a.o -o a.so {SHARED}"),
        (Tool.CC, "-shared a.c", f"{CC} -shared a.c {C} {LINK} {EXPORTS} {ENDING}"),
        (Tool.CC, "-shared a.o -lm -lgcc -lc -latomic", f"{CC} -shared a.o -lm {SHARED}"),
        (Tool.CC, "-shared -pthread a.o", f"{CC} -shared -pthread a.o {OBJECT} {LINK} {EXPORTS} {THREADS}"),
        (Tool.CC, "-shared -static-libgcc -fuse-ld=gold a.o", f"{CC} -shared a.o {SHARED}"),
        (Tool.CC, "-Wl,-shared a.o", f"{CC} -Wl,-shared a.o {SHARED}"),
        (Tool.CXX, "-shared a.o -o a.so", f"{CXX} -shared a.o -o a.so {OBJECT_CXX} {LINK} {EXPORTS} {CXX_ENDING}"),
        (Tool.CC, "-shared a.o -lstdc++", f"{CC} -shared a.o {OBJECT} {LINK} {EXPORTS} {CXX_ENDING}"),
        (Tool.CC, "-shared a.o -lgcc_s", f"{CC} -shared a.o {OBJECT} {LINK} {EXPORTS} {CXX_ENDING}"),
        (Tool.CC, "-shared a.cc", f"{CC} -shared a.cc {CC_AS_CXX} {LINK} {EXPORTS} {CXX_ENDING}"),
        # A build's own list of exports is the one that counts.
        (
            Tool.CC,
            "-shared a.o -Wl,--version-script=v.map",
            f"{CC} -shared a.o -Wl,--version-script=v.map {OBJECT} {LINK} {HIDE} {ENDING}",
        ),
        # Options of linkers.
        (Tool.CC, "-shared a.o -Wl,--icf=all,-z,now", f"{CC} -shared a.o -Wl,-z,now {SHARED}"),
        (Tool.CC, "-shared a.o -Wl,-Bsymbolic-functions", f"{CC} -shared a.o -Wl,-Bsymbolic-functions {SHARED}"),
        (Tool.CC, "-shared a.o -L/usr/lib -Wl,-rpath,/usr/lib", f"{CC} -shared a.o {SHARED}"),
        # Linking programs.
        (Tool.CC, "a.o -o a", f"{CC} a.o -o a {OBJECT} {LINK} {ENDING}"),
        (Tool.CC, "-static a.o", f"{CC} -static a.o {OBJECT} {LINK} {ENDING}"),
        (Tool.CC, "-x c - -o a", f"{CC} -x c - -o a {OBJECT} -xnone {LINK} {ENDING}"),
        (Tool.CXX, "a.cc -o a", f"{CXX} a.cc -o a {CC_AS_CXX} {LINK} {CXX_ENDING}"),
        # Linking without the usual libraries.
        (Tool.CC, "-nostdlib -shared a.o", f"{CC} -nostdlib -shared a.o {OBJECT} {LINK} {EXPORTS}"),
        (Tool.CC, "-nodefaultlibs -shared a.o -lc", f"{CC} -nodefaultlibs -shared a.o {SHARED}"),
        (Tool.CC, "-r a.o b.o -o c.o", f"{CC} -r a.o b.o -o c.o {OBJECT} -XL"),
        # gcc reports an error for a call with nothing to do.
        (Tool.CC, "-O2", f"{CC} -O2"),
        # Queries.
        (Tool.CC, "--version", f"{CC} --version"),
        (Tool.CXX, "-dumpmachine", f"{CXX} -dumpmachine"),
        (Tool.CC, "-print-file-name=libc.so", f"{CC} -print-file-name=libc.so"),
        # The other tools.
        (Tool.CPP, "a.c", f"{CC} -E a.c {C}"),
        (Tool.CPP, "-P in.txt out.txt", f"{CC} -E -P -x c in.txt -o out.txt {OBJECT}"),
        (Tool.LD, "-shared a.o -o a.so", "ld -shared a.o -o a.so"),
        (Tool.LD, "-rpath /usr/lib -L/usr/lib a.o", "ld a.o"),
        (Tool.LD, "-rpath=/usr/lib:/own a.o", "ld -rpath=/own a.o"),
        (Tool.AR, "rcs lib.a a.o", "ar rcs lib.a a.o"),
        (Tool.NM, "-g a.o", "nm -g a.o"),
    ],
)  # fmt: skip
def test_call(tool: Tool, given: str, expected: str) -> None:
    assert only_command(tool, given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("-c a.c", f"{CC} -c a.c {OBJECT}"),
        ("-Qunused-arguments -c a.c", f"{CC} -Qunused-arguments -c a.c {OBJECT}"),
        ("-Wl,--error-limit=0 a.o", f"{CC} a.o {OBJECT} {LINK} {ENDING}"),
    ],
)
def test_clang_has_options_of_its_own_and_the_same_linker(given: str, expected: str) -> None:
    assert only_command(Tool.CC, given, replace(FACTS, family="clang")) == expected


def test_a_compiler_without_headers_of_the_build_machine_is_left_its_own() -> None:
    assert only_command(Tool.CC, "-c a.c", replace(FACTS, c_flags=())) == f"{CC} -c a.c -XC -g0 -frandom-seed=a.c"


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ("-print-search-dirs", "libraries: =/cross/lib\n"),
        ("--print-search-dirs", "libraries: =/cross/lib\n"),
        ("-print-sysroot", "\n"),
        ("-print-multiarch", "riscv64-linux-gnu\n"),
        ("-print-prog-name=ld", "ld\n"),
        ("-print-libgcc-file-name", "/cross/libgcc.a\n"),
    ],
)
def test_answers_without_running_anything(given: str, answer: str) -> None:
    assert plan(Tool.CC, given) == Plan(output=answer)


@pytest.mark.parametrize(
    ("tool", "given", "reason"),
    [
        (Tool.CC, "-fopenmp -c a.c", "OpenMP"),
        (Tool.CC, "-shared a.o /usr/lib/libz.so", "/usr/lib/libz.so"),
        (Tool.LD, "-shared a.o /usr/lib/libz.so", "/usr/lib/libz.so"),
        (Tool.OBJDUMP, "-d a", "objdump"),
        (Tool.FORTRAN, "-c a.f90", "Fortran"),
        (Tool.PKG_CONFIG, "--cflags libffi", "libffi"),
    ],
)
def test_refusals_say_why(tool: Tool, given: str, reason: str) -> None:
    refused = plan(tool, given)
    assert refused.commands == ()
    assert refused.status != 0
    assert reason in refused.output


@pytest.mark.parametrize("given", ["-c a.cc", "--version", "-shared a.o"])
def test_cxx_that_is_not_installed_is_refused_with_the_reason(given: str) -> None:
    refused = plan(Tool.CXX, given, replace(FACTS, cxx_problem="there is no riscv64-linux-gnu-g++"))
    assert refused.commands == ()
    assert "there is no riscv64-linux-gnu-g++" in refused.output


@pytest.mark.parametrize(
    ("given", "note"),
    [
        ("-L/usr/lib a.o", "removed -L/usr/lib: a directory of the build machine"),
        ("-march=native -c a.c", "removed -march=native: it selects the build machine's processor"),
        ("-Weverything -c a.c", "removed -Weverything: clang-only option"),
        ("-fuse-ld=mold a.o", "removed -fuse-ld=mold: crosswheel chooses the parts of the toolchain"),
        ("-Wl,--threads=2 a.o", "removed --threads=2: the linker has no such option"),
    ],
)
def test_notes(given: str, note: str) -> None:
    assert plan(Tool.CC, given).notes == (note,)


def test_every_tool_has_a_plan() -> None:
    for tool in Tool:
        assert isinstance(plan(tool, "--version"), Plan)
