"""Fixed-form source on its way to f2c: what is taken out of it, and why f2c did not understand it."""

from __future__ import annotations

import re

from crosswheel.toolchains.fortran.f90_compat import rewrite

_WIDTH = 72
_COMMENT = frozenset("cC*!dD#")
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
    if len(line) <= _WIDTH or line[:1] in _COMMENT or "\t" in line[:6]:
        return [line]
    room = _WIDTH - 6
    rest = line[_WIDTH:]
    return [line[:_WIDTH], *(f"     &{rest[at : at + room]}" for at in range(0, len(rest), room))]


def f90_statement(text: str) -> tuple[int, str] | None:
    """The first statement that only Fortran 90 and later have: its line, from 1, and what it is."""
    for number, line in enumerate(text.split("\n"), 1):
        if line[:1] in _COMMENT or not line.strip():
            continue
        if line[:1].isalpha():
            return number, "free form"
        statement = line.partition("!")[0]
        for name, pattern in _STATEMENTS:
            if pattern.fullmatch(statement.rstrip()):
                return number, name
    return None
