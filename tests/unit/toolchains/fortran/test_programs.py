"""The programs that planned commands start: parsing of their command lines, and their messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosswheel.toolchains.fortran import check_calls, prototypes, translate


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("cc -c a.c -o a.o", ""),
        ("cc -MD -c a.c -o d/a.o", "-MD -MQ d/a.o -MF d/a.d"),
        ("cc -MD -MQ x -MF y.d -c a.c -o a.o", "-MD -MQ x -MF y.d"),
        ("cc -MMD -MP -MT x -c a.c -o a.o", "-MMD -MP -MT x -MF a.d"),
    ],
)
def test_lists_of_headers_come_from_the_preprocessor_where_it_runs_first(command: str, expected: str) -> None:
    assert " ".join(check_calls._dependency_args(command.split())) == expected


def test_the_compiler_writes_no_second_list() -> None:
    command = "cc -MD -MQ x -MF y.d -c a.c -o a.o".split()
    assert check_calls._without_dependency_args(command) == "cc -c a.c -o a.o".split()


def test_the_parts_of_a_command_line() -> None:
    args = "--source=a -- cpp -E -- cc -c a.c --".split()
    assert translate.split_commands(args) == (["--source=a"], ["cpp", "-E"], ["cc", "-c", "a.c", "--"])


def test_messages_of_f2c_have_the_form_of_compilers(capsys: pytest.CaptureFixture[str]) -> None:
    output = "   sub:\nError on line 3 of src/a.f: syntax error\nWarning on line 4 of a.f: odd\n"
    output += "Warning on line 5 of a.f: local variable x never used\nError processing something\n"
    translate._print_messages(output, "a", "src/a.f")
    assert capsys.readouterr().err.splitlines() == [
        "src/a.f:3: error: syntax error",
        "src/a.f:4: warning: odd",
        "src/a.f: Error processing something",
    ]


def test_a_source_that_is_not_there_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert translate.main(["--source=/crosswheel-fortran/0/a.c=/nowhere/a.f", "--", "--", "cc"]) == 1
    assert "/nowhere/a.f: No such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "expected"), [("a.f", True), ("a.FOR", True), ("a.F", True), ("a.f90", False)])
def test_whether_a_tree_has_fortran_77(tmp_path: Path, name: str, expected: bool) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / name).write_text("", "utf-8")
    assert prototypes.has_fortran(tmp_path) is expected
