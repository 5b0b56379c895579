"""Rules for Fortran 77 with f2c: tables of whole command lines."""

from __future__ import annotations

import pytest

from crosswheel.toolchains.fortran.model import FortranFacts
from crosswheel.toolchains.fortran.rules import plan_with_fortran
from crosswheel.toolchains.model import Call, CallSettings, FortranBuild, Plan, Tool

FACTS = FortranFacts(
    translate=("translate",),
    check_calls=("check_calls",),
    f2c=("/root/ld.so", "/root/f2c"),
    include="/f2c",
    library="/lib/libf2c.a",
    common_blocks="common",
    typed_calls=False,
)
F2C = (
    "--f2c=/root/ld.so --f2c=/root/f2c --f2c=-A --f2c=-a --f2c=-R --f2c=-!bs --f2c=-w8 --f2c=-NC999 --f2c=-Nx2000"
    " --f2c=-Nn8000 --f2c=-Nq2000 --f2c=-NL2000"
)
FLAGS = "-std=gnu17 -fno-strict-aliasing -w -fcommon -isystem /f2c"
C = "/crosswheel-fortran/0"


def c(call: Call, settings: CallSettings) -> Plan:
    """A toolchain's plans for C."""
    return Plan(((call.tool.value, *call.arguments),))


def plan(text: str, tool: Tool = Tool.FORTRAN, settings: CallSettings | None = None) -> Plan:
    call = Call(tool, tuple(text.split()), "/work")
    return plan_with_fortran(FACTS, call, settings or CallSettings(), c)


def commands(text: str, tool: Tool = Tool.FORTRAN) -> list[str]:
    return [" ".join(command) for command in plan(text, tool).commands]


@pytest.mark.parametrize(
    ("given", "expected", "requires"),
    [
        (
            "-O2 -fPIC -c a.f -o a.o",
            f"translate {F2C} --source={C}/a.c=a.f -- -- cc -O2 -fPIC -c {C}/a.c -o a.o {FLAGS}",
            ("f2c",),
        ),
        (
            "-c src/a.f",
            f"translate {F2C} --source={C}/a.c=src/a.f -- -- cc -c {C}/a.c {FLAGS}",
            ("f2c",),
        ),
        (
            "-S a.for",
            f"translate {F2C} --source={C}/a.c=a.for -- -- cc -S {C}/a.c {FLAGS}",
            ("f2c",),
        ),
        (
            "-DX=1 -Iinc -c a.F -o a.o",
            (
                f"translate {F2C} --include=inc --preprocessed={C}/a.c=a.F"
                f" -- cc -E -traditional-cpp -w -DX=1 -Iinc -x c /crosswheel-fortran/source"
                f" -- cc -DX=1 -Iinc -c {C}/a.c -o a.o {FLAGS}"
            ),
            ("f2c",),
        ),
        (
            "-cpp -c a.f -o a.o",
            (
                f"translate {F2C} --preprocessed={C}/a.c=a.f"
                f" -- cc -E -traditional-cpp -w -x c /crosswheel-fortran/source -- cc -c {C}/a.c -o a.o {FLAGS}"
            ),
            ("f2c",),
        ),
        # Options of gfortran's own.
        (
            "-J mod -Jmod -std=legacy -fallow-argument-mismatch -MD -MF a.d -x f77 -c a.f -o a.o",
            f"translate {F2C} --source={C}/a.c=a.f -- -- cc -c {C}/a.c -o a.o {FLAGS}",
            ("f2c",),
        ),
        (
            "-fno-automatic -fbackslash -ff2c -fimplicit-none -c a.f -o a.o",
            (
                f"translate {F2C.replace(' --f2c=-a', '').replace(' --f2c=-R', '').replace(' --f2c=-!bs', '')} --f2c=-u"
                f" --source={C}/a.c=a.f"
                f" -- -- cc -c {C}/a.c -o a.o {FLAGS}"
            ),
            ("f2c",),
        ),
        (
            "-ffixed-line-length-none -w -c a.f -o a.o",
            f"translate {F2C} --f2c=-w --line-length=none --source={C}/a.c=a.f -- -- cc -w -c {C}/a.c -o a.o {FLAGS}",
            ("f2c",),
        ),
        # Free form, of which the program that translates finds out whether it is Fortran 77 all the same.
        ("-c a.f90", f"translate {F2C} --source={C}/a.c=a.f90 -- -- cc -c {C}/a.c {FLAGS}", ("f2c",)),
        (
            "-ffree-form -c a.f",
            f"translate {F2C} --free --source={C}/a.c=a.f -- -- cc -c {C}/a.c {FLAGS}",
            ("f2c",),
        ),
        (
            "-frecursive -c a.f -o a.o",
            f"translate {F2C} --recursive --source={C}/a.c=a.f -- -- cc -c {C}/a.c -o a.o {FLAGS}",
            ("f2c",),
        ),
        (
            "-fpreprocessed -c a.F -o a.o",
            f"translate {F2C} --source={C}/a.c=a.F -- -- cc -c {C}/a.c -o a.o {FLAGS}",
            ("f2c",),
        ),
        # Linking.
        ("-shared a.o -o a.so -lgfortran -lm", "cc -shared a.o -o a.so /lib/libf2c.a -lm", ("libf2c",)),
        ("-shared a.o -o a.so", "cc -shared a.o -o a.so /lib/libf2c.a", ("libf2c",)),
        ("-r a.o b.o -o c.o", "cc -r a.o b.o -o c.o", ()),
        (
            "-shared a.f b.o -o a.so",
            f"translate {F2C} --source={C}/a.c=a.f -- -- cc -shared {C}/a.c b.o -o a.so {FLAGS} /lib/libf2c.a",
            ("f2c", "libf2c"),
        ),
        # Preprocessing and questions.
        ("-E a.F", "cc -E -traditional-cpp -x c a.F", ()),
        ("-cpp -E -dM -", "cc -x c -E -dM -", ()),
        ("-dumpmachine", "cc -dumpmachine", ()),
    ],
)
def test_calls_of_a_fortran_compiler(given: str, expected: str, requires: tuple[str, ...]) -> None:
    assert commands(given) == [expected]
    assert plan(given).requires == requires


def test_several_sources_are_compiled_by_one_command() -> None:
    other = C.replace("/0", "/1")
    sources = f"--source={C}/a.c=a.f --source={other}/b.c=b.f"
    assert commands("-O1 -c a.f b.f") == [f"translate {F2C} {sources} -- -- cc -O1 -c {C}/a.c {other}/b.c {FLAGS}"]


@pytest.mark.parametrize(
    ("tool", "given", "expected"),
    [
        (Tool.CC, "-shared a.o -lgfortran -lquadmath -lm", "cc -shared a.o /lib/libf2c.a -lm"),
        (Tool.CXX, "-shared a.o -lf2c", "c++ -shared a.o /lib/libf2c.a"),
        (Tool.LD, "-shared a.o -lgfortran", "ld -shared a.o /lib/libf2c.a"),
        (Tool.CC, "-c a.c -lm", "cc -c a.c -lm"),
        (Tool.CC, "-c a.f -o a.o", f"translate {F2C} --source={C}/a.c=a.f -- -- cc -c {C}/a.c -o a.o {FLAGS}"),
        (Tool.AR, "rcs a.a a.o", "ar rcs a.a a.o"),
    ],
)
def test_calls_of_other_tools(tool: Tool, given: str, expected: str) -> None:
    assert commands(given, tool) == [expected]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("-c a.f -fdefault-real-8", "-fdefault-real-8"),
        ("-fdefault-integer-8 -c a.f", "-fdefault-integer-8"),
    ],
)
def test_refusals_say_why(given: str, reason: str) -> None:
    refused = plan(given)
    assert refused.commands == ()
    assert refused.status == 1
    assert reason in refused.output


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ("--version", "GNU Fortran (crosswheel, by f2c) 4.2.1"),
        ("-v", "GNU Fortran"),
        ("-dumpversion", "4.2.1\n"),
        ("-print-file-name=libgfortran.a", "/lib/libf2c.a\n"),
        ("-print-file-name=crtbegin.o", "crtbegin.o\n"),
    ],
)
def test_answers_without_running_anything(given: str, answer: str) -> None:
    answered = plan(given)
    assert answered.commands == ()
    assert answered.status == 0
    assert answered.output.startswith(answer)


CHECKED = CallSettings(fortran=FortranBuild("/build/fortran", "/build/source"))
FIXED = CallSettings(fortran=FortranBuild("/build/fortran", "/build/source", fix_prototypes=True))
PROGRAM = f"check_calls --records=/build/fortran --tree=/build/source {F2C}"


@pytest.mark.parametrize(
    ("tool", "settings", "given", "expected"),
    [
        (
            Tool.CC,
            CHECKED,
            "-O2 -Iinc -MD -MF a.d -c a.c -o a.o",
            f"{PROGRAM} --source=a.c -- cc -E -O2 -Iinc -x c {C[:-2]}/source -- cc -O2 -Iinc -MD -MF a.d -c a.c -o a.o",
        ),
        (
            Tool.CXX,
            FIXED,
            "-O1 -c a.cc",
            f"{PROGRAM} --fix --cxx --source=a.cc -- c++ -E -O1 -x c++ {C[:-2]}/source -- c++ -O1 -c a.cc",
        ),
        (
            Tool.CC,
            CHECKED,
            "-shared a.c b.o -lfoo -Wl,-s -o a.so",
            f"{PROGRAM} --source=a.c -- cc -E -x c {C[:-2]}/source -- cc -shared a.c b.o -lfoo -Wl,-s -o a.so",
        ),
        (Tool.CC, CHECKED, "-shared a.o -o a.so", "cc -shared a.o -o a.so"),
        (Tool.CC, CHECKED, "-c a.s", "cc -c a.s"),
        (Tool.CC, CHECKED, "-E a.c", "cc -E a.c"),
        (Tool.CC, CHECKED, "--version", "cc --version"),
        (
            Tool.FORTRAN,
            CHECKED,
            "-c a.f",
            (
                f"translate {F2C} --records=/build/fortran --tree=/build/source --source={C}/a.c=a.f"
                f" -- -- cc -c {C}/a.c {FLAGS}"
            ),
        ),
    ],
)
def test_c_is_checked_where_a_build_has_fortran(tool: Tool, settings: CallSettings, given: str, expected: str) -> None:
    planned = plan(given, tool, settings)
    assert [" ".join(command) for command in planned.commands] == [expected]
    assert ("f2c" in planned.requires) == expected.startswith(("check_calls", "translate"))
