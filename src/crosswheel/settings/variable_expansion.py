"""Values of environment variables that stand on other variables and on what commands print."""

from __future__ import annotations

import re
from collections import ChainMap
from typing import TYPE_CHECKING

from crosswheel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from crosswheel.host import Host

    Run = Callable[[str, Mapping[str, str]], str]
    from collections.abc import Iterator

_NAME = re.compile(r"(?P<name>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)(?:-(?P<otherwise>[^}$]*))?\}")


def escape(text: str) -> str:
    """What has to be written for a text in which nothing is to be expanded."""
    return text.replace("$", "$$")


def is_constant(text: str) -> bool:
    """Whether a value is the same whatever else is set."""
    return "$" not in text.replace("$$", "")


def expand_environment(host: Host, values: Mapping[str, str], env: Mapping[str, str], cwd: Path) -> dict[str, str]:
    """An environment with a user's variables in it; commands in their values are run in a directory.

    :raises UsageError: for what cannot be expanded, and when a command fails.
    """

    def run(command: str, known: Mapping[str, str]) -> str:
        ended = host.run("/bin/sh", "-c", command, cwd=cwd, env=known)
        if not ended.ok:
            said = " ".join(ended.stderr.split())[:200]
            raise UsageError(f"`{command}` ended with status {ended.status}: {said}")
        return ended.stdout

    return {**env, **expand_variables(values, env, host.environ, run)}


def expand_variables(
    values: Mapping[str, str], base: Mapping[str, str], outside: Mapping[str, str], run: Run
) -> dict[str, str]:
    """The variables with what they stand on filled in, one after the other.

    ``$NAME`` and ``${NAME}`` are another variable, ``${NAME-text}`` is it or else the text, ``$(command)`` is what a
    command prints, without line ends behind it, and ``$$`` is a dollar.

    :param base: the variables that hold before; those evaluated already come before them.
    :param outside: where else a variable is looked up: the environment crosswheel was started in.
    :param run: runs a command of the shell with some variables, and gives what it prints.
    :raises UsageError: for a variable that is not set, and for what else a shell may understand.
    """
    found: dict[str, str] = {}
    for name, text in values.items():
        known = ChainMap(found, dict(base), dict(outside))
        try:
            found[name] = _expanded(text, known, lambda command: run(command, {**base, **found}))
        except UsageError as error:
            raise UsageError(error.what, where=f"environment variable {name}", hint=error.hint) from error
    return found


def _expanded(text: str, known: Mapping[str, str], run: Callable[[str], str]) -> str:
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
                f"{text[dollar : dollar + 20]!r} is not understood",
                hint="$NAME, ${NAME}, ${NAME-text} and $(command) are; a dollar is written $$",
            )
    return "".join([*parts, text[position:]])


def _value(match: re.Match[str], known: Mapping[str, str]) -> str:
    name = match["name"] or match["braced"]
    value = known.get(name, match["otherwise"])
    if value is None:
        raise UsageError(f"{name} is not set", hint=f"${{{name}-}} is empty then; a dollar is written $$")
    return value


def command_end(text: str, start: int) -> int:
    """The position behind the parenthesis that closes the one at ``start``, whatever a shell has quoted between them.

    :raises UsageError: when it is not closed.
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
    raise UsageError(f"{text[start - 1 :]!r} has no end", hint="a dollar is written $$")


def fill_placeholders(text: str, *, project: object, wheel: object = None) -> str:
    """A command with its places filled in; ``#{package}`` is written for the word itself.

    :param project: the directory of the sources, which is both ``{package}`` and ``{project}``.
    :param wheel: the wheel, where there is one.
    """
    places = {"project": project, "package": project, **({} if wheel is None else {"wheel": wheel})}

    def put(match: re.Match[str]) -> str:
        return match[0][1:] if match["kept"] else str(places[match["name"]])

    return re.sub(rf"(?P<kept>#?)\{{(?P<name>{'|'.join(places)})\}}", put, text)


_ASSIGNED_NAME = re.compile(r"\s*(?P<name>[A-Za-z_]\w*)=")
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
        match = _ASSIGNED_NAME.match(text, position)
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
