"""Free-form source as fixed form, for what is Fortran 77 but for its form: checks of build systems, mostly."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PART = re.compile(r"""'(?:''|[^'])*'|"(?:""|[^"])*"|!.*|;|[^'"!;]+|.""")
_LABELLED = re.compile(r"\s*(\d{1,5})\s+(.*)", re.DOTALL)
_ROOM = 66


def to_fixed_form(text: str, path: str) -> str:
    """The same statements in fixed form, each after a marker of the line where it began.

    :param path: what the markers name, until a preprocessor's own say otherwise.
    """
    lines: list[str] = []
    for name, number, statement in _statements(text, path):
        match = _LABELLED.fullmatch(statement)
        label, rest = (match[1], match[2]) if match else ("", statement.strip())
        lines += [f'# {number} "{name}"', f"{label:<6}{rest[:_ROOM]}"]
        lines += [f"     &{rest[at : at + _ROOM]}" for at in range(_ROOM, len(rest), _ROOM)]
    return "\n".join(lines) + "\n"


def _statements(text: str, path: str) -> Iterator[tuple[str, int, str]]:
    """Statements without comments and continuations: file, line, text."""
    name, number, begun, whole = path, 0, 0, ""
    for line in text.split("\n"):
        number += 1
        if marker := re.match(r'# (\d+) "([^"]*)"', line):
            name, number = marker[2], int(marker[1]) - 1
            continue
        parts = PART.findall(line)
        code = "".join(part for part in parts if not part.startswith("!")).rstrip()
        if not code.strip():
            continue
        begun = begun if whole else number
        going_on = code.endswith("&")
        whole += (code.lstrip().removeprefix("&") if whole else code).removesuffix("&")
        if not going_on:
            yield from ((name, begun, statement) for statement in _split(whole))
            whole = ""


def _split(line: str) -> Iterator[str]:
    statement = ""
    for part in [*PART.findall(line), ";"]:
        if part != ";":
            statement += part
        elif statement.strip():
            yield statement
            statement = ""
