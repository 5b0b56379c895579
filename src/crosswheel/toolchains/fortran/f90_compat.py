"""What Fortran 90 says of Fortran 77's matters in words of its own, in Fortran 77's words, for f2c.

``EXIT`` and ``CYCLE``, attributes in declarations, ``CHARACTER(LEN=8)``, ``AIMAG`` of any kind: much that is called
Fortran 77 has these, LAPACK above all. What Fortran 77 has no words for stays as it is, and f2c refuses it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

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


PART = re.compile(r"""'(?:''|[^'])*'|"(?:""|[^"])*"|!.*|;|[^'"!;]+|.""")
_LABELLED = re.compile(r"\s*(\d{1,5})\s+(.*)", re.DOTALL)
_ROOM = 66


def to_fixed_form(text: str, path: str) -> str:
    """The same statements in fixed form, each after a marker of the line where it began.

    :param path: what the markers name, until a preprocessor's own say otherwise.
    """
    lines: list[str] = []
    for name, number, statement in _logical_lines(text, path):
        match = _LABELLED.fullmatch(statement)
        label, rest = (match[1], match[2]) if match else ("", statement.strip())
        lines += [f'# {number} "{name}"', f"{label:<6}{rest[:_ROOM]}"]
        lines += [f"     &{rest[at : at + _ROOM]}" for at in range(_ROOM, len(rest), _ROOM)]
    return "\n".join(lines) + "\n"


def _logical_lines(text: str, path: str) -> Iterator[tuple[str, int, str]]:
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
            yield from ((name, begun, statement) for statement in _split_statements(whole))
            whole = ""


def _split_statements(line: str) -> Iterator[str]:
    statement = ""
    for part in [*PART.findall(line), ";"]:
        if part != ";":
            statement += part
        elif statement.strip():
            yield statement
            statement = ""


_WIDTH = 72
_COMMENT_COLUMN = frozenset("cC*!dD#")
_RECURSIVE = re.compile(r"^([ \t]{2,}[ \t\w*]*?)\bRECURSIVE\b(?=[ \t]+[A-Z])", re.IGNORECASE)
# Statements by which Fortran 90 and later are told, in the order of how much they say.
_LATER = (
    ("a module", r"(end\s*)?module\s+(?!procedure\b)[a-z]\w*\s*$"),
    ("USE", r"use\s*(,\s*intrinsic\s*)?(::)?\s*[a-z]\w*\s*(,.*)?$"),
    ("a derived type", r"(type\s*(,[^:]*)?(::)?\s*[a-z]\w*|type\s*\(\s*[a-z]\w*\s*\).*)$"),
    ("an interface", r"(end\s*)?interface\b(?!\s*[=(]).*$"),
    ("CONTAINS", r"contains\s*$"),
    ("ALLOCATE", r"(de)?allocate\s*\(.*$"),
    ("an attribute", r"(integer|real|double\s*precision|complex|logical|character)\b[^'\"]*::.*$"),
    ("ALLOCATABLE", r"(allocatable|pointer|target)\b(?!\s*[=(]).*$"),
    ("SELECT CASE", r"select\s*case\s*\(.*$"),
    ("INTENT", r"intent\s*\(.*$"),
    ("WHERE", r"(else|end)\s*where\b.*$"),
    ("a result", r".*\bfunction\b.*\)\s*result\s*\(.*$"),
    ("PURE or ELEMENTAL", r"(pure|elemental)\s+.*(subroutine|function)\b.*$"),
    ("CYCLE or EXIT", r"(cycle|exit)\s*$"),
    ("a kind", r"(integer|real|complex|logical)\s*\(.*$"),
)
_STATEMENTS = tuple((name, re.compile(rf"\s*(\d+\s+)?{pattern}", re.IGNORECASE)) for name, pattern in _LATER)


def to_f2c_input(text: str, path: str, line_length: int | None = None) -> str:
    """Fixed-form source as f2c takes it.

    ``RECURSIVE`` goes: f2c lets any procedure call itself, and locals are on the stack. What Fortran 77 has words
    for is said in these.

    :param path: what messages name it; not put in where line markers of a preprocessor are there already.
    :param line_length: columns of a line, 0 for any number, None for Fortran's 72.
    """
    lines = [_RECURSIVE.sub(lambda match: match[1] + " " * 9, line) for line in text.split("\n")]
    if line_length is not None and line_length != _WIDTH:
        lines = [part for line in lines for part in _wrapped(line[: line_length or None])]
    body = "\n".join(lines).removesuffix("\n") + "\n"  # f2c overlooks a last line that nothing ends
    return rewrite(body if text.startswith("# ") else f'# 1 "{path}"\n{body}')


def _wrapped(line: str) -> list[str]:
    """A line in pieces of 72 columns; the join may be inside a string, where nothing may be lost."""
    if len(line) <= _WIDTH or line[:1] in _COMMENT_COLUMN or "\t" in line[:6]:
        return [line]
    room = _WIDTH - 6
    rest = line[_WIDTH:]
    return [line[:_WIDTH], *(f"     &{rest[at : at + room]}" for at in range(0, len(rest), room))]


def f90_statement(text: str) -> tuple[int, str] | None:
    """The first statement that only Fortran 90 and later have: its line, from 1, and what it is."""
    for number, line in enumerate(text.split("\n"), 1):
        if line[:1] in _COMMENT_COLUMN or not line.strip():
            continue
        if line[:1].isalpha():
            return number, "free form"
        statement = line.partition("!")[0]
        for name, pattern in _STATEMENTS:
            if pattern.fullmatch(statement.rstrip()):
                return number, name
    return None
