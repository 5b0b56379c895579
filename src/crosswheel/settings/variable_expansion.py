"""Expanding environment variables, shell assignments of cibuildwheel's tables, and placeholders in commands."""

from __future__ import annotations

import re
from collections import ChainMap
from typing import TYPE_CHECKING

from crosswheel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from crosswheel.sealing import Sandbox

    Run = Callable[[str, Mapping[str, str]], str]

_NAME = re.compile(r"(?P<name>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)(?:-(?P<default>[^}$]*))?\}")


def escape(text: str) -> str:
    """Escape a text so that nothing in it is expanded."""
    return text.replace("$", "$$")


def is_constant(text: str) -> bool:
    """Return whether a value depends on no other variable and no command."""
    return "$" not in text.replace("$$", "")


def expand_environment(
    sandbox: Sandbox, values: Mapping[str, str], env: Mapping[str, str], cwd: Path
) -> dict[str, str]:
    """Return an environment with the user's variables, expanded.

    :param sandbox: where commands in values run.
    :param cwd: the directory in which commands in values are run.
    :raises UsageError: if a value cannot be expanded, or a command fails.
    """

    def run(command: str, known: Mapping[str, str]) -> str:
        result = sandbox.run("/bin/sh", "-c", command, cwd=cwd, env=known)
        if not result.ok:
            stderr = " ".join(result.stderr.split())[:200]
            raise UsageError(f"`{command}` ended with status {result.status}: {stderr}")
        return result.stdout

    return {**env, **expand_variables(values, env, sandbox.host.environ, run)}


def expand_variables(
    values: Mapping[str, str], base: Mapping[str, str], environ: Mapping[str, str], run: Run
) -> dict[str, str]:
    """Expand the values of variables, in order.

    ``$NAME`` and ``${NAME}`` are replaced by another variable, ``${NAME-text}`` by it or else by the text,
    ``$(command)`` by the output of a command without trailing newlines, and ``$$`` by a dollar sign.

    :param base: the variables that were set before; variables expanded already take precedence.
    :param environ: where other variables are looked up: the environment of crosswheel itself.
    :param run: runs a shell command with an environment and returns its output.
    :raises UsageError: if a variable is not set, or other shell syntax is used.
    """
    expanded: dict[str, str] = {}
    for name, text in values.items():
        known = ChainMap(expanded, dict(base), dict(environ))
        try:
            expanded[name] = _expand(text, known, lambda command: run(command, {**base, **expanded}))
        except UsageError as error:
            raise UsageError(error.what, where=f"environment variable {name}", hint=error.hint) from error
    return expanded


def _expand(text: str, known: Mapping[str, str], run: Callable[[str], str]) -> str:
    parts = []
    position = 0
    while (dollar := text.find("$", position)) >= 0:
        parts.append(text[position:dollar])
        position = dollar + 1
        if text.startswith("$", position):
            parts.append("$")
            position += 1
        elif text.startswith("(", position) and not text.startswith("((", position):
            end = command_end(text, position)
            parts.append(run(text[position + 1 : end - 1]).rstrip("\n"))
            position = end
        elif match := _NAME.match(text, position):
            parts.append(_value(match, known))
            position = match.end()
        else:
            raise UsageError(
                f"{text[dollar : dollar + 20]!r} is not supported",
                hint="use $NAME, ${NAME}, ${NAME-text} or $(command); write a dollar sign as $$",
            )
    return "".join([*parts, text[position:]])


def _value(match: re.Match[str], known: Mapping[str, str]) -> str:
    name = match["name"] or match["braced"]
    value = known.get(name, match["default"])
    if value is None:
        raise UsageError(f"{name} is not set", hint=f"use ${{{name}-}} for an empty default; write a dollar sign as $$")
    return value


def command_end(text: str, start: int) -> int:
    """Return the index after the parenthesis that closes the one at ``start``; quoted parentheses do not count.

    :raises UsageError: if it is not closed.
    """
    depth, quote, position = 0, "", start
    while position < len(text):
        char = text[position]
        if char == "\\" and quote != "'":
            position += 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "()":
            depth += 1 if char == "(" else -1
            if not depth:
                return position + 1
        position += 1
    raise UsageError(f"{text[start - 1 :]!r} is not closed", hint="write a dollar sign as $$")


def fill_placeholders(text: str, *, project: object, wheel: object = None) -> str:
    """Replace ``{package}``, ``{project}`` and ``{wheel}`` in a command; ``#{package}`` is an escaped placeholder.

    :param project: the source directory, for ``{package}`` and ``{project}``.
    :param wheel: the wheel; None if there is none, then ``{wheel}`` is not replaced.
    """
    values = {"project": project, "package": project, **({} if wheel is None else {"wheel": wheel})}

    def replacement(match: re.Match[str]) -> str:
        return match[0][1:] if match["escaped"] else str(values[match["name"]])

    return re.sub(rf"(?P<escaped>#?)\{{(?P<name>{'|'.join(values)})\}}", replacement, text)


_ASSIGNED_NAME = re.compile(r"\s*(?P<name>[A-Za-z_]\w*)=")
_VARIABLE = re.compile(r"\$(?:\{(?P<braced>[A-Za-z_]\w*)\}|(?P<name>[A-Za-z_]\w*))")
_OPERATORS = frozenset(";|&<>()~")
_ESCAPED_IN_QUOTES = frozenset('$`"\\')


def read_assignments(text: str) -> dict[str, str]:
    """Parse shell assignments: ``A=1 B="$A $(command)" C='$'``.

    The values are in the syntax of :func:`expand_variables`. As in a shell, variables that are not set are empty.

    :raises UsageError: if the text has something else than assignments, sets a name twice, or uses other shell syntax:
        ``${NAME:-text}``, backquotes, operators.
    """
    assignments: dict[str, str] = {}
    position = 0
    while position < len(text.rstrip()):
        match = _ASSIGNED_NAME.match(text, position)
        if match is None:
            raise UsageError(f"{text[position:].strip()[:40]!r} is not an assignment", hint="expected NAME=value")
        if match["name"] in assignments:
            raise UsageError(f"{match['name']} is set twice", hint="join the values")
        word = _Word(text, match.end())
        assignments[match["name"]] = "".join(word.parts())
        position = word.position
    return assignments


class _Word:
    """A parser of one word of a shell command, up to the next space."""

    def __init__(self, text: str, position: int) -> None:
        self._text = text
        self.position = position

    def parts(self) -> Iterator[str]:
        """Yield the parts of the word's value."""
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
                raise UsageError(f"{char!r} is not supported outside of quotes", hint=f"in {self._text!r}")
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
        raise UsageError(f"unterminated quote in {self._text!r}")

    def _quoted(self, quote: str) -> str:
        end = self._text.find(quote, self.position + 1)
        if end < 0:
            raise UsageError(f"unterminated quote in {self._text!r}")
        inside = self._text[self.position + 1 : end]
        self.position = end + 1
        return inside

    def _plain(self) -> str:
        """Return one character, or the variable or command that it starts."""
        start, text = self.position, self._text
        self.position += 1
        if text[start] == "`":
            raise UsageError(f"backquotes are not supported in {text!r}", hint="use $(command)")
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
        raise UsageError(f"{text[start : start + 20]!r} is not supported", hint="use $NAME, ${NAME} or $(command)")
