"""Reading the settings of a ``pyproject.toml``; errors name the file and the key."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from crosswheel.errors import UsageError
from crosswheel.settings.cibuildwheel import translate, unsupported_keys
from crosswheel.settings.merge import resolve_paths
from crosswheel.settings.model import Settings
from crosswheel.toml_models import read_table, read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class ProjectSettings:
    """The settings of a project.

    :param crosswheel: the ``[tool.crosswheel]`` table.
    :param cibuildwheel: the ``[tool.cibuildwheel]`` table, used for keys that the former lacks; None without one.
    :param requires_python: ``requires-python`` of the project; empty if not set.
    :param notes: former spellings of keys in the tables, and keys that are not used.
    """

    crosswheel: Settings = field(default_factory=Settings)
    cibuildwheel: Settings | None = None
    requires_python: str = ""
    notes: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[Settings, ...]:
        """The tables in increasing order of precedence."""
        return (self.crosswheel,) if self.cibuildwheel is None else (self.cibuildwheel, self.crosswheel)


def read_settings(pyproject: Path) -> ProjectSettings:
    """Return the settings of a ``pyproject.toml``, with absolute paths; the defaults if it has no tables for them.

    :raises UsageError: if the file is not valid TOML, a table has values of wrong types, or ``[tool.crosswheel]`` has
        unknown keys.
    """
    document = read_toml(pyproject)
    tool = document.get("tool", {})
    tables = tool if isinstance(tool, dict) else {"crosswheel": tool}
    notes: list[str] = []
    table = parse(tables.get("crosswheel", {}), where=pyproject, notes=notes)
    project = document.get("project", {})
    requires_python = project.get("requires-python", "") if isinstance(project, dict) else ""
    settings = ProjectSettings(
        resolve_paths(table, pyproject.absolute().parent),
        requires_python=requires_python if isinstance(requires_python, str) else "",
        notes=tuple(notes),
    )
    if "cibuildwheel" not in tables:
        return settings
    translation = translate(tables["cibuildwheel"], where=pyproject)
    fallback = parse(translation.table, where=pyproject)
    return replace(settings, cibuildwheel=fallback, notes=(*settings.notes, *translation.notes))


def parse(
    table: Any, *, where: object, notes: list[str] | None = None, spelling: Mapping[str, str] | None = None
) -> Settings:
    """Convert a ``[tool.crosswheel]`` table.

    :param where: the table's origin in errors.
    :param notes: a list to which a note for each former spelling of a key is appended.
    :param spelling: names of values in errors other than those of the table, by their keys joined by dots.
    :raises UsageError: as :func:`read_settings` does.
    """
    settings = read_table(
        Settings, table, name="tool.crosswheel", where=where, notes=notes, spelling=spelling, advice=unsupported_keys()
    )
    for options in (settings, *(settings.overrides or ())):
        for name in options.environment or {}:
            if not name or "=" in name:
                raise UsageError(f"{name!r} in environment is not a name of a variable", where=where)
    return settings
