"""The programs of test commands, and what their failures mean."""

from pathlib import Path

import pytest

from crosswheel.testing.commands import failure_hint, foreign_python_script, last_line, programs_of


@pytest.mark.parametrize(
    ("command", "programs"),
    [
        ("pytest -q {package}/tests", "pytest"),
        ("cd {package} && pytest -x", "cd pytest"),
        ("A=1 B='x y' pytest; make check", "pytest make"),
        ("! grep x file || (echo no; exit 1)", "grep echo exit"),
        ("if test -f a; then tox; else nox; fi", "test tox nox fi"),
        ("python -c 'import x; print(1)' | tee log", "python tee"),
        ('echo "pytest && tox"', "echo"),
        ("env X=1 pytest", "pytest"),
        ("one\ntwo # three", "one two"),
        ("echo 'not\nended'", ""),
    ],
)
def test_programs_are_found_where_commands_begin(command: str, programs: str) -> None:
    assert " ".join(programs_of(command)) == programs


@pytest.fixture
def path(tmp_path: Path) -> str:
    programs = {
        "env/bin/inside": "#!/env/bin/python\n",
        "system/outside": "#!/usr/bin/python3 -s\n",
        "system/inside": "#!/usr/bin/python3\n",
        "system/through-env": "#!/usr/bin/env python3\n",
        "system/shell": "#!/bin/sh\n",
        "system/binary": "\x7fELF python",
    }
    for name, text in programs.items():
        program = tmp_path / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(text)
        program.chmod(0o755)
    return f"{tmp_path}/env/bin:{tmp_path}/system"


@pytest.mark.parametrize(
    ("command", "script"),
    [
        ("inside", None),
        ("shell && binary", None),
        ("no-such-program", None),
        ("outside -q", "outside"),
        ("cd x && through-env", "through-env"),
        ("echo outside", None),
    ],
)
def test_scripts_of_another_python_are_found(tmp_path: Path, path: str, command: str, script: str | None) -> None:
    assert foreign_python_script(command, tmp_path / "env", path) == script


@pytest.mark.parametrize(
    ("status", "output", "package"),
    [
        (127, "/bin/sh: 1: pytest: not found\n", "pytest"),
        (127, "sh: line 1: tox: command not found\n", "tox"),
        (
            1,
            "Traceback (most recent call last):\n...\nModuleNotFoundError: No module named 'hypothesis'\n",
            "hypothesis",
        ),
        (1, "/env/bin/python: No module named pytest\n", "pytest"),
        (1, "No module named 'x'\n1 failed\n", None),
        (1, "x: not found\n", None),
    ],
)
def test_a_missing_package_is_named(status: int, output: str, package: str | None) -> None:
    hint = failure_hint(status, output)
    assert hint == (f"--test-requires {package} installs it, or the setting test-requires" if package else None)


def test_the_last_line_is_that_of_the_first_stream_that_has_any() -> None:
    assert last_line("", "one\n two \n\n") == "two"
    assert last_line("error\n", "output") == "error"
    assert last_line("", " ") == ""
    assert len(last_line("x" * 500)) == 200
