"""Assignments as a shell reads them, turned into the language of our own environment variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crosswheel.errors import UsageError
from crosswheel.settings.variable_expansion import command_end, escape

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = re.compile(r"\s*(?P<name>[A-Za-z_]\w*)=")
_VARIABLE = re.compile(r"\$(?:\{(?P<braced>[A-Za-z_]\w*)\}|(?P<name>[A-Za-z_]\w*))")
_OPERATORS = frozenset(";|&<>()~")
_ESCAPED_IN_QUOTES = frozenset('$`"\\')


def read_assignments(text: str) -> dict[str, str]:
    """The variables that ``A=1 B="$A $(command)" C='$'`` sets.

    Each value is as :func:`crosswheel.settings.variable_expansion.expand_variables` takes it. A variable that is
    not set is empty.

    :raises UsageError: for what is no assignment, for a name that comes twice, and for what else a shell may
        understand: ``${NAME:-text}``, backquotes, operators.
    """
    found: dict[str, str] = {}
    position = 0
    while position < len(text.rstrip()):
        match = _NAME.match(text, position)
        if match is None:
            raise UsageError(f"{text[position:].strip()[:40]!r} is no assignment", hint="expected NAME=value")
        if match["name"] in found:
            raise UsageError(f"{match['name']} is set twice", hint="join the values")
        word = _Word(text, match.end())
        found[match["name"]] = "".join(word.parts())
        position = word.position
    return found


class _Word:
    """A word of a shell command, read up to the space behind it."""

    def __init__(self, text: str, position: int) -> None:
        self._text = text
        self.position = position

    def parts(self) -> Iterator[str]:
        """The word's value, piece by piece."""
        while self.position < len(self._text) and not self._text[self.position].isspace():
            char = self._text[self.position]
            if char == "'":
                yield escape(self._quoted("'"))
            elif char == '"':
                self.position += 1
                yield from self._in_double_quotes()
            elif char == "\\":
                yield escape(self._text[self.position + 1 : self.position + 2])
                self.position += 2
            elif char in _OPERATORS:
                raise UsageError(f"{char!r} is not understood outside of quotes", hint=f"in {self._text!r}")
            else:
                yield self._plain()

    def _in_double_quotes(self) -> Iterator[str]:
        while self.position < len(self._text):
            char, after = self._text[self.position], self._text[self.position + 1 : self.position + 2]
            if char == '"':
                self.position += 1
                return
            if char == "\\" and after in _ESCAPED_IN_QUOTES:
                yield escape(after)
                self.position += 2
            else:
                yield self._plain()
        raise UsageError(f"a quote has no end in {self._text!r}")

    def _quoted(self, quote: str) -> str:
        end = self._text.find(quote, self.position + 1)
        if end < 0:
            raise UsageError(f"a quote has no end in {self._text!r}")
        inside = self._text[self.position + 1 : end]
        self.position = end + 1
        return inside

    def _plain(self) -> str:
        """One character, or what it begins: a variable, a command."""
        start, text = self.position, self._text
        self.position += 1
        if text[start] == "`":
            raise UsageError(f"backquotes are not understood in {text!r}", hint="write $(command)")
        if text[start] != "$":
            return text[start]
        if text.startswith("(", start + 1) and not text.startswith("((", start + 1):
            self.position = command_end(text, start + 1)
            return text[start : self.position]
        if match := _VARIABLE.match(text, start):
            self.position = match.end()
            return f"${{{match['name'] or match['braced']}-}}"
        if text[start + 1 : start + 2].isspace() or text[start + 1 : start + 2] in {"", '"', "'", "/"}:
            return "$$"
        raise UsageError(f"{text[start : start + 20]!r} is not understood", hint="$NAME, ${NAME} and $(command) are")
