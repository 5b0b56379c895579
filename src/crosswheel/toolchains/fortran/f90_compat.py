"""What Fortran 90 says of Fortran 77's matters in words of its own, in Fortran 77's words, for f2c.

``EXIT`` and ``CYCLE``, attributes in declarations, ``CHARACTER(LEN=8)``, ``AIMAG`` of any kind: much that is called
Fortran 77 has these, LAPACK above all. What Fortran 77 has no words for stays as it is, and f2c refuses it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from crosswheel.toolchains.fortran.free_form import PART

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIELD, _END = 6, 72
_MARKER = re.compile(r'# (\d+)(?: "([^"]*)")?')
_COMMENT = re.compile(r"[^\s\d]|\s*(!|$)")
_CONTINUED = re.compile(r" {5}[^ 0]")
_DO = re.compile(r"do(?:\s*(\d+)\s*,?)?(?:\s*while\s*\(.*|\s+[a-z]\w*\s*=.*,.*)?", re.IGNORECASE)
_END_DO = re.compile(r"end\s*do", re.IGNORECASE)
_LEAVE = re.compile(r"(if\s*\(.*\)\s*)?(exit|cycle)", re.IGNORECASE)
_DECLARED = re.compile(
    r"((?:integer|real|double\s*precision|complex|logical|character)\b[^:,]*?|external|intrinsic)\s*"
    r"((?:,\s*(?:intent\s*\(\s*\w+\s*\w*\s*\)|external|intrinsic)\s*)*)::([^=]*)",
    re.IGNORECASE,
)
_CHARACTER = re.compile(r"character\s*\(\s*(?:len\s*=)?\s*([^()]+?)\s*\)(.*)", re.IGNORECASE)
_GENERIC = re.compile(r"\baimag(?=\s*\()", re.IGNORECASE)
_WORDS = re.compile(r"\b(exit|cycle|character|aimag)\b|::", re.IGNORECASE)


@dataclass
class _Loop:
    """A DO loop.

    :param label: of its last statement, if it has one.
    :param cycle: the label that CYCLE goes to, once there is one; ``leave`` that of EXIT.
    """

    label: str
    cycle: str = ""
    leave: str = ""


@dataclass(frozen=True)
class _Statement:
    """A statement with its continuations.

    :param lines: as they stand; ``label`` and ``text`` what they say together, without comments.
    :param after: the marker of the line that follows it.
    """

    lines: tuple[str, ...]
    label: str
    text: str
    after: str


def rewrite(text: str) -> str:
    """Fixed-form source of 72 columns in which this is said in Fortran 77; lines that lack it stay as they are.

    Lines that come in have markers after them, so that messages name the lines of the original.
    """
    if not _WORDS.search(text):
        return text
    taken = set(re.findall(r"^ *(\d+)", text, re.MULTILINE))
    labels = (label for number in count(99999, -1) if (label := str(number)) not in taken)
    loops: list[_Loop] = []
    return "\n".join(line for statement in _statements(text) for line in _said(statement, loops, labels))


def _said(statement: _Statement, loops: list[_Loop], labels: Iterator[str]) -> Iterator[str]:
    """The lines of a statement in Fortran 77, with what has to come before and after."""
    text = statement.text
    if match := _DO.fullmatch(text):
        loops.append(_Loop(match[1] or ""))
    elif (match := _LEAVE.fullmatch(text)) and loops:
        yield from _written(statement, f"{match[1] or ''}GOTO {_place(loops[-1], match[2].lower(), labels)}")
        return
    elif match := _DECLARED.fullmatch(text):
        kind, attributes, names = match.groups()
        yield from _written(statement, f"{_old_type(kind)} {names.strip()}")
        for attribute in re.findall(r"external|intrinsic", attributes, re.IGNORECASE):
            yield from _written(statement, f"{attribute} {names.strip()}")
        return
    elif (old := _old_type(text)) != text:
        yield from _written(statement, old)
        return
    ended = [loops.pop()] if loops and not loops[-1].label and _END_DO.fullmatch(text) else []
    while loops and statement.label and loops[-1].label == statement.label:
        ended.append(loops.pop())
    yield from (f"{loop.cycle:<6}CONTINUE" for loop in ended if loop.cycle and not loop.label)
    yield from statement.lines if not _GENERIC.search(text) else _written(statement, _GENERIC.sub("IMAG", text))
    leaves = [loop.leave for loop in ended if loop.leave]
    yield from (f"{leave:<6}CONTINUE" for leave in leaves)
    if leaves or any(loop.cycle for loop in ended):
        yield statement.after


def _place(loop: _Loop, word: str, labels: Iterator[str]) -> str:
    """The label that a loop is left for, or its next turn begun."""
    if word == "cycle":
        loop.cycle = loop.cycle or loop.label or next(labels)
        return loop.cycle
    loop.leave = loop.leave or next(labels)
    return loop.leave


def _old_type(text: str) -> str:
    match = _CHARACTER.fullmatch(text)
    return f"CHARACTER*({match[1]}){match[2]}" if match else text


def _written(statement: _Statement, text: str) -> Iterator[str]:
    room = _END - _FIELD
    yield f"{statement.label:<6}{text[:room]}"
    yield from (f"     &{text[at : at + room]}" for at in range(room, len(text), room))
    yield statement.after


def _statements(text: str) -> Iterator[_Statement]:
    """Statements; comments and markers that stand between them are statements without a text."""
    lines = text.split("\n")
    number, name, at = 0, "", 0
    while at < len(lines):
        number += 1
        if marker := _MARKER.match(lines[at]):
            number, name = int(marker[1]) - 1, marker[2] or name
        if marker or _COMMENT.match(lines[at]):
            yield _Statement((lines[at],), "", "", "")
            at += 1
            continue
        end = at + 1
        last = end
        while end < len(lines) and (_CONTINUED.match(lines[end]) or _COMMENT.match(lines[end])):
            end += 1
            if _CONTINUED.match(lines[end - 1]):
                last = end
        own = lines[at:last]
        label = own[0][:5].strip() if "\t" not in own[0][:_FIELD] else ""
        said = "".join(_code(line) for line in own if not _COMMENT.match(line)).strip()
        number += len(own) - 1
        yield _Statement(tuple(own), label, said, f'# {number + 1} "{name}"' if name else f"# {number + 1}")
        at = last


def _code(line: str) -> str:
    """What a line says, without label and comment."""
    field = line[_FIELD:_END].ljust(_END - _FIELD) if "\t" not in line[:_FIELD] else line.partition("\t")[2]
    return "".join(part for part in PART.findall(field) if not part.startswith("!"))
