"""Rewriting of Fortran sources to what f2c accepts: Fortran 77 in fixed form.

Free form becomes fixed form. Fortran 90's spellings of what Fortran 77 has too are rewritten: ``EXIT`` and ``CYCLE``,
attributes in declarations, ``CHARACTER(LEN=8)``, generic ``AIMAG``. Many sources that are called Fortran 77 use them,
LAPACK for one. Other statements of Fortran 90 and later stay as they are, and f2c rejects them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Fixed form: statements are in columns 7 to 72.
_FIELD, _END = 6, 72
_ROOM = _END - _FIELD
_LINE_MARKER = re.compile(r'# (\d+)(?: "([^"]*)")?')
_COMMENT = re.compile(r"[^\s\d]|\s*(!|$)")
_COMMENT_COLUMN = frozenset("cC*!dD#")
_CONTINUATION = re.compile(r" {5}[^ 0]")
# A string, a comment, a semicolon, or text between them.
_PART = re.compile(r"""'(?:''|[^'])*'|"(?:""|[^"])*"|!.*|;|[^'"!;]+|.""")
_LABELLED = re.compile(r"\s*(\d{1,5})\s+(.*)", re.DOTALL)
_RECURSIVE = re.compile(r"^([ \t]{2,}[ \t\w*]*?)\bRECURSIVE\b(?=[ \t]+[A-Z])", re.IGNORECASE)
_DO = re.compile(r"do(?:\s*(\d+)\s*,?)?(?:\s*while\s*\(.*|\s+[a-z]\w*\s*=.*,.*)?", re.IGNORECASE)
_END_DO = re.compile(r"end\s*do", re.IGNORECASE)
_EXIT_OR_CYCLE = re.compile(r"(if\s*\(.*\)\s*)?(exit|cycle)", re.IGNORECASE)
_DECLARATION = re.compile(
    r"((?:integer|real|double\s*precision|complex|logical|character)\b[^:,]*?|external|intrinsic)\s*"
    r"((?:,\s*(?:intent\s*\(\s*\w+\s*\w*\s*\)|external|intrinsic)\s*)*)::([^=]*)",
    re.IGNORECASE,
)
_CHARACTER = re.compile(r"character\s*\(\s*(?:len\s*=)?\s*([^()]+?)\s*\)(.*)", re.IGNORECASE)
_AIMAG = re.compile(r"\baimag(?=\s*\()", re.IGNORECASE)
_REWRITTEN = re.compile(r"\b(exit|cycle|character|aimag)\b|::", re.IGNORECASE)
# Statements that identify Fortran 90 and later, the most telling first.
_F90_STATEMENTS = tuple(
    (name, re.compile(rf"\s*(\d+\s+)?{pattern}", re.IGNORECASE))
    for name, pattern in (
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
)


def to_f2c_input(text: str, path: str, line_length: int | None = None) -> str:
    """Rewrite fixed-form source to what f2c accepts.

    ``RECURSIVE`` is removed: in f2c's C any procedure can call itself, as locals are on the stack.

    :param path: the source's path for a line marker; not used if a preprocessor already added markers.
    :param line_length: significant columns of a line: 0 for all, None for Fortran's 72.
    """
    lines = [_RECURSIVE.sub(lambda match: match[1] + " " * 9, line) for line in text.split("\n")]
    if line_length is not None and line_length != _END:
        lines = [part for line in lines for part in _wrap(line[: line_length or None])]
    body = "\n".join(lines).removesuffix("\n") + "\n"  # f2c ignores a last line without a newline
    return rewrite(body if text.startswith("# ") else f'# 1 "{path}"\n{body}')


def _wrap(line: str) -> list[str]:
    """Split a line into continuation lines of 72 columns; since that may split a string, no blanks are removed."""
    if len(line) <= _END or line[:1] in _COMMENT_COLUMN or "\t" in line[:_FIELD]:
        return [line]
    rest = line[_END:]
    return [line[:_END], *(f"     &{rest[start : start + _ROOM]}" for start in range(0, len(rest), _ROOM))]


def f90_statement(text: str) -> tuple[int, str] | None:
    """Find the first statement of Fortran 90 or later.

    :returns: its line number, from 1, and its name; None if there is none.
    """
    for number, line in enumerate(text.split("\n"), 1):
        if line[:1] in _COMMENT_COLUMN or not line.strip():
            continue
        if line[:1].isalpha():
            return number, "free form"
        statement = line.partition("!")[0]
        for name, pattern in _F90_STATEMENTS:
            if pattern.fullmatch(statement.rstrip()):
                return number, name
    return None


def to_fixed_form(text: str, path: str) -> str:
    """Convert free form to fixed form, each statement after a line marker with its original line.

    :param path: the file in the markers, until one of a preprocessor names another.
    """
    lines: list[str] = []
    for file, number, statement in _free_form_statements(text, path):
        match = _LABELLED.fullmatch(statement)
        label, rest = (match[1], match[2]) if match else ("", statement.strip())
        lines += [f'# {number} "{file}"', f"{label:<6}{rest[:_ROOM]}"]
        lines += [f"     &{rest[start : start + _ROOM]}" for start in range(_ROOM, len(rest), _ROOM)]
    return "\n".join(lines) + "\n"


def _free_form_statements(text: str, path: str) -> Iterator[tuple[str, int, str]]:
    """Yield the file, line and text of each statement, without comments and continuations."""
    file, number, first, joined = path, 0, 0, ""
    for line in text.split("\n"):
        number += 1
        if marker := re.match(r'# (\d+) "([^"]*)"', line):
            file, number = marker[2], int(marker[1]) - 1
            continue
        parts = _PART.findall(line)
        code = "".join(part for part in parts if not part.startswith("!")).rstrip()
        if not code.strip():
            continue
        first = first if joined else number
        continues = code.endswith("&")
        joined += (code.lstrip().removeprefix("&") if joined else code).removesuffix("&")
        if not continues:
            yield from ((file, first, statement) for statement in _split_at_semicolons(joined))
            joined = ""


def _split_at_semicolons(line: str) -> Iterator[str]:
    statement = ""
    for part in [*_PART.findall(line), ";"]:
        if part != ";":
            statement += part
        elif statement.strip():
            yield statement
            statement = ""


@dataclass
class _Loop:
    """A DO loop.

    :param label: the label of its last statement, empty for END DO.
    :param cycle: the label that CYCLE jumps to, once there is one.
    :param exit: the same for EXIT.
    """

    label: str
    cycle: str = ""
    exit: str = ""


@dataclass(frozen=True)
class _Statement:
    """A statement in fixed form, with its continuation lines.

    :param lines: the original lines.
    :param text: the statement without label and comments; empty for comments and line markers.
    :param next_marker: the line marker of the line that follows.
    """

    lines: tuple[str, ...]
    label: str
    text: str
    next_marker: str


def rewrite(text: str) -> str:
    """Rewrite Fortran 90's spellings in fixed form of 72 columns to Fortran 77; other lines stay unchanged.

    Line markers after added lines keep the line numbers in messages right.
    """
    if not _REWRITTEN.search(text):
        return text
    used = set(re.findall(r"^ *(\d+)", text, re.MULTILINE))
    labels = (label for number in count(99999, -1) if (label := str(number)) not in used)
    loops: list[_Loop] = []
    return "\n".join(line for statement in _statements(text) for line in _rewrite_statement(statement, loops, labels))


def _rewrite_statement(statement: _Statement, loops: list[_Loop], labels: Iterator[str]) -> Iterator[str]:
    """Yield the lines of a statement in Fortran 77, with those that have to come before and after it.

    :param loops: the enclosing loops, innermost last; updated.
    :param labels: unused labels.
    """
    text = statement.text
    if match := _DO.fullmatch(text):
        loops.append(_Loop(match[1] or ""))
    elif (match := _EXIT_OR_CYCLE.fullmatch(text)) and loops:
        label = _jump_label(loops[-1], match[2].lower(), labels)
        yield from _format_lines(statement, f"{match[1] or ''}GOTO {label}")
        return
    elif match := _DECLARATION.fullmatch(text):
        kind, attributes, names = match.groups()
        yield from _format_lines(statement, f"{_f77_type(kind)} {names.strip()}")
        for attribute in re.findall(r"external|intrinsic", attributes, re.IGNORECASE):
            yield from _format_lines(statement, f"{attribute} {names.strip()}")
        return
    elif (declaration := _f77_type(text)) != text:
        yield from _format_lines(statement, declaration)
        return
    ended = [loops.pop()] if loops and not loops[-1].label and _END_DO.fullmatch(text) else []
    while loops and statement.label and loops[-1].label == statement.label:
        ended.append(loops.pop())
    yield from (f"{loop.cycle:<6}CONTINUE" for loop in ended if loop.cycle and not loop.label)
    yield from statement.lines if not _AIMAG.search(text) else _format_lines(statement, _AIMAG.sub("IMAG", text))
    exits = [loop.exit for loop in ended if loop.exit]
    yield from (f"{label:<6}CONTINUE" for label in exits)
    if exits or any(loop.cycle for loop in ended):
        yield statement.next_marker


def _jump_label(loop: _Loop, keyword: str, labels: Iterator[str]) -> str:
    """Return the label that ``exit`` or ``cycle`` of a loop jumps to, choosing an unused one if needed."""
    if keyword == "cycle":
        loop.cycle = loop.cycle or loop.label or next(labels)
        return loop.cycle
    loop.exit = loop.exit or next(labels)
    return loop.exit


def _f77_type(text: str) -> str:
    """Rewrite ``CHARACTER(LEN=8)`` to ``CHARACTER*(8)``; any other text stays unchanged."""
    match = _CHARACTER.fullmatch(text)
    return f"CHARACTER*({match[1]}){match[2]}" if match else text


def _format_lines(statement: _Statement, text: str) -> Iterator[str]:
    """Yield lines with a new text for a statement, and the line marker after them."""
    yield f"{statement.label:<6}{text[:_ROOM]}"
    yield from (f"     &{text[start : start + _ROOM]}" for start in range(_ROOM, len(text), _ROOM))
    yield statement.next_marker


def _statements(text: str) -> Iterator[_Statement]:
    """Yield the statements of fixed-form source; comments and line markers between them are statements too."""
    lines = text.split("\n")
    number, file, start = 0, "", 0
    while start < len(lines):
        number += 1
        if marker := _LINE_MARKER.match(lines[start]):
            number, file = int(marker[1]) - 1, marker[2] or file
        if marker or _COMMENT.match(lines[start]):
            yield _Statement((lines[start],), "", "", "")
            start += 1
            continue
        index = start + 1
        end = index  # after the last continuation line; comments that follow it are not part of the statement
        while index < len(lines) and (_CONTINUATION.match(lines[index]) or _COMMENT.match(lines[index])):
            index += 1
            if _CONTINUATION.match(lines[index - 1]):
                end = index
        part = lines[start:end]
        label = part[0][:5].strip() if "\t" not in part[0][:_FIELD] else ""
        code = "".join(_code(line) for line in part if not _COMMENT.match(line)).strip()
        number += len(part) - 1
        yield _Statement(tuple(part), label, code, f'# {number + 1} "{file}"' if file else f"# {number + 1}")
        start = end


def _code(line: str) -> str:
    """Return the text of a line without label and comment."""
    field = line[_FIELD:_END].ljust(_ROOM) if "\t" not in line[:_FIELD] else line.partition("\t")[2]
    return "".join(part for part in _PART.findall(field) if not part.startswith("!"))
