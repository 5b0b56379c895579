"""Parser and writer of ``pyconfig.h``: its macros in their order, with autoconf's comments."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.pythons.model import BuildPython

GUARD = "Py_PYCONFIG_H"

_DEFINE = re.compile(r"#(\s*)define\s+(\w+)(?:[ \t]+(.*?))?\s*$")
_UNDEF = re.compile(r"/\*\s*#(\s*)undef\s+(\w+)\s*\*/\s*$")
_CONDITION = re.compile(r"#\s*(if|ifdef|ifndef|elif|else|endif)\b\s*(.*)$")


@dataclass(frozen=True, slots=True)
class Line:
    """A line, or a comment of several lines, that defines no macro."""

    text: str

    def render(self) -> str:
        """Return its text in the file."""
        return self.text


@dataclass(frozen=True, slots=True)
class Macro:
    """A definition of a macro, or a line in which configure left it undefined.

    :param value: text after the name, empty for a bare ``#define``; None if left undefined.
    :param comment: autoconf's description, with lines joined by single spaces.
    :param indent: whitespace after ``#``.
    :param own: whether configure determines the value: it does not inside of conditions about other macros.
    """

    name: str
    value: str | None
    comment: str
    indent: str = ""
    own: bool = True

    def render(self) -> str:
        """Return the line as configure writes it."""
        if self.value is None:
            return f"/* #{self.indent}undef {self.name} */"
        return f"#{self.indent}define {self.name} {self.value}".rstrip()


@dataclass(frozen=True, slots=True)
class PyConfig:
    """The contents of a ``pyconfig.h``."""

    parts: tuple[Line | Macro, ...]

    @property
    def macros(self) -> Mapping[str, Macro]:
        """Macros that configure determines, by name; of several lines for one macro, the one that defines it."""
        found: dict[str, Macro] = {}
        for part in self.parts:
            if isinstance(part, Macro) and part.own:
                known = found.get(part.name)
                found[part.name] = part if known is None or known.value is None else known
        return found

    @property
    def values(self) -> Mapping[str, str | None]:
        """Value of each macro, None for undefined ones."""
        return {name: macro.value for name, macro in self.macros.items()}

    def with_values(self, values: Mapping[str, str | None]) -> PyConfig:
        """Return the same file with other values; unknown names are ignored."""
        return PyConfig(
            tuple(
                replace(part, value=values[part.name])
                if isinstance(part, Macro) and part.own and part.name in values
                else part
                for part in self.parts
            )
        )

    def render(self) -> str:
        """Return the text of the file, with an include guard even if the original had none."""
        text = "\n".join(part.render() for part in self.parts) + "\n"
        if any(part.name == GUARD for part in self.parts if isinstance(part, Macro)):
            return text
        return f"#ifndef {GUARD}\n#define {GUARD}\n{text}#endif /*{GUARD}*/\n"

    def config_vars(self) -> dict[str, str | int]:
        """Return the result of ``sysconfig.parse_config_h``, which ``sysconfig`` adds to its variables.

        Undefined macros are 0, and only names that begin with a capital letter are included.
        """
        found: dict[str, str | int] = {}
        for part in self.parts:
            # sysconfig matches only lines without whitespace after the '#'.
            if isinstance(part, Macro) and not part.indent and part.name[0].isupper():
                if part.value is None:
                    found[part.name] = 0
                elif part.value:
                    found[part.name] = int(part.value) if part.value.isdecimal() else part.value
        return found


def parse_pyconfig(text: str) -> PyConfig:
    """Parse a ``pyconfig.h``."""
    parts: list[Line | Macro] = []
    conditions: list[str] = []
    comment = ""
    for chunk in _chunks(text):
        if found := _macro(chunk, comment, conditions):
            parts.append(found)
            comment = ""
            continue
        parts.append(Line(chunk))
        if chunk.startswith("/*"):
            comment = " ".join(chunk.removeprefix("/*").removesuffix("*/").split())
        elif match := _CONDITION.match(chunk):
            _enter(conditions, match[1], match[2])
    return PyConfig(tuple(parts))


def find_pyconfig(include: Path, multiarch: str = "") -> Path:
    """Return the path of the real ``pyconfig.h`` for a directory with ``Python.h``.

    On Debian it is in ``include/<multiarch>/python3.X``, and the file beside ``Python.h`` includes the one of the
    architecture that is compiled for.

    :raises EnvironmentMissingError: if there is none.
    """
    beside = include / "pyconfig.h"
    split = include.parent / multiarch / include.name / "pyconfig.h"
    for path in (split, beside) if multiarch else (beside,):
        if path.is_file() and "SIZEOF_LONG" in path.read_text("utf-8"):
            return path
    raise EnvironmentMissingError("no pyconfig.h beside Python.h", where=include)


def pyconfig_text(python: BuildPython) -> str:
    """Return the text of a build Python's ``pyconfig.h``.

    :raises EnvironmentMissingError: if its headers have none.
    """
    return find_pyconfig(python.include, str(python.config_vars.get("MULTIARCH", ""))).read_text("utf-8")


def _chunks(text: str) -> list[str]:
    """Return the lines of a file; a comment of several lines is one item."""
    chunks: list[str] = []
    opened = False
    for line in text.splitlines():
        if opened:
            chunks[-1] += f"\n{line}"
        else:
            chunks.append(line)
        last = chunks[-1]
        opened = last.rfind("/*") > last.rfind("*/")
    return chunks


def _macro(chunk: str, comment: str, conditions: list[str]) -> Macro | None:
    if match := _DEFINE.match(chunk):
        value: str | None = (match[3] or "").strip()
    elif match := _UNDEF.match(chunk):
        value = None
    else:
        return None
    # configure writes `#ifndef X / # define X 1` for macros that a command line may define too.
    around = [condition for condition in conditions if condition not in {f"ifndef {GUARD}", "else"}]
    own = match[2] != GUARD and all(condition == f"ifndef {match[2]}" for condition in around)
    return Macro(match[2], value, comment, match[1], own)


def _enter(conditions: list[str], word: str, rest: str) -> None:
    """Update the stack of conditions; an ``#else`` replaces the condition that it negates."""
    if word == "endif":
        if conditions:
            conditions.pop()
    elif word in {"else", "elif"}:
        if conditions:
            conditions[-1] = "else" if word == "else" else f"elif {rest}"
    else:
        conditions.append(f"{word} {rest.strip()}")
