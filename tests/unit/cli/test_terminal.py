"""Text from wheels, indexes and programs reaches the terminal without its escape sequences."""

from __future__ import annotations

import ast
import io
import json
from pathlib import Path

import pytest
from made_wheels import MadeWheel
from rich.console import Console

import crosswheel.cli
from crosswheel.cli.program import main
from crosswheel.cli.progress import LineProgress, LiveProgress
from crosswheel.cli.render import print_table
from crosswheel.cli.session import print_error
from crosswheel.cli.terminal import printable, printable_line
from crosswheel.errors import SourceError

RED = "\x1b[31m"
HOSTILE = f"a{RED}b\x9b2Jc\x7f\x07\rd\u202ee\udce9"
SHOWN = r"a\x1b[31mb\x9b2Jc\x7f\x07\x0dd\u202ee\udce9"


def test_control_characters_are_escapes_and_other_text_is_unchanged() -> None:
    assert printable(HOSTILE) == SHOWN
    text = "\u00e9\u4e2d\U0001f40d \ttab\nline"
    assert printable(text) == text
    assert printable("of Windows\r\nlines\r\n") == "of Windows\nlines\n"
    assert printable_line("two\nlines") == r"two\nlines"


def test_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("file",), [(HOSTILE,), ("forged\nrow ok",)])
    shown = capsys.readouterr().out
    assert SHOWN in shown
    assert r"forged\nrow ok" in shown


def test_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    print_error(SourceError(HOSTILE, where=HOSTILE, hint=HOSTILE))
    shown = capsys.readouterr().err
    assert shown.count(SHOWN) == 3
    assert RED not in shown


def test_progress() -> None:
    lines, screen = io.StringIO(), io.StringIO()
    console = Console(file=screen, force_terminal=True, width=200, color_system=None)
    for progress in (LineProgress(lines, verbose=True), LiveProgress(console, verbose=True)):
        progress.note(HOSTILE)
        progress.detail(f"more {RED}")
        with progress.step(HOSTILE):
            pass
    assert lines.getvalue().count(SHOWN) == 2
    assert SHOWN in screen.getvalue()
    assert RED not in lines.getvalue() + screen.getvalue()


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_the_names_of_a_wheels_files(tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]) -> None:
    name = f"foo/{RED}\x9b31m\x7f.py"
    wheel = MadeWheel(files={name: b""}).write(tmp_path)
    assert main(["audit", *options, str(wheel)]) == 6
    shown = capsys.readouterr().out
    assert not set(shown) & {"\x1b", "\x9b", "\x7f"}
    if options:
        assert name in {found["member"] for found in json.loads(shown)["reports"][0]["findings"]}
    else:
        assert r"foo/\x1b[31m\x9b31m\x7f.py" in shown


def test_a_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "x", f"--target={RED}"]) == 2
    assert main([RED]) == 2
    assert RED not in capsys.readouterr().err


def test_all_output_passes_through_one_module() -> None:
    """What prints by another way would print escape sequences as they are."""
    calls = {("click", "echo"), ("click", "secho"), ("sys", "stdout"), ("json", "dumps")}
    for path in Path(crosswheel.cli.__file__).parent.glob("*.py"):
        found = {
            (node.value.id, node.attr)
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        }
        allowed = {"terminal.py": calls, "render.py": {("sys", "stdout")}, "session.py": {("click", "secho")}}
        assert not (found & calls) - allowed.get(path.name, set()), path
