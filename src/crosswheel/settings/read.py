"""Reading what a ``pyproject.toml`` says of building, with mistakes named by file and key."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from msgspec import ValidationError

from crosswheel.errors import UsageError
from crosswheel.settings.cibuildwheel import translate
from crosswheel.settings.merge import anchored
from crosswheel.settings.mistakes import convert, explain
from crosswheel.settings.model import Settings

if TYPE_CHECKING:
    from pathlib import Path

_POSITION = re.compile(r"\s*\(at line (\d+), column (\d+)\)")


@dataclass(frozen=True)
class ProjectSettings:
    """What a project says of how it is built.

    :param own: its ``[tool.crosswheel]``.
    :param fallback: its ``[tool.cibuildwheel]``, which holds where the former lacks a key; None without one.
    :param requires_python: the Pythons it says it is for; empty if it does not.
    :param notes: what is in its tables and not used.
    """

    own: Settings = field(default_factory=Settings)
    fallback: Settings | None = None
    requires_python: str = ""
    notes: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[Settings, ...]:
        """The tables; a later one wins over an earlier one."""
        return (self.own,) if self.fallback is None else (self.fallback, self.own)


def read_settings(pyproject: Path) -> ProjectSettings:
    """The settings in a ``pyproject.toml``, their paths absolute; the defaults if it has no table of ours.

    :raises UsageError: when the file is no TOML, or a table has values of the wrong type, or ours unknown keys.
    """
    document = _document(pyproject)
    tool = document.get("tool", {})
    tables = tool if isinstance(tool, dict) else {"crosswheel": tool}
    own = anchored(parse(tables.get("crosswheel", {}), where=pyproject), pyproject.absolute().parent)
    project = document.get("project", {})
    requires = project.get("requires-python", "") if isinstance(project, dict) else ""
    found = ProjectSettings(own, requires_python=requires if isinstance(requires, str) else "")
    if "cibuildwheel" not in tables:
        return found
    translation = translate(tables["cibuildwheel"], where=pyproject)
    return replace(found, fallback=parse(translation.table, where=pyproject), notes=translation.notes)


def parse(table: Any, *, where: object) -> Settings:
    """The settings in a table.

    :param where: what to call its origin in errors.
    :raises UsageError: as :func:`read_settings` does.
    """
    try:
        return convert(table)
    except ValidationError as error:
        raise explain(table, where=where) from error


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        position = _POSITION.search(said)
        where = f"{path}, line {position[1]}, column {position[2]}" if position else path
        what = _POSITION.sub("", said)
        raise UsageError(f"not valid TOML: {what[:1].lower()}{what[1:]}", where=where) from error
    except UnicodeDecodeError as error:
        raise UsageError("not valid TOML: it is not encoded in UTF-8", where=f"{path}, byte {error.start}") from error
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=path) from error
