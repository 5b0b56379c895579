"""Reading what a ``pyproject.toml`` says of building, with mistakes named by file and key."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from crosswheel.settings.cibuildwheel import translate
from crosswheel.settings.merge import resolve_paths
from crosswheel.settings.model import Settings
from crosswheel.toml_models import read_table, read_toml

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class ProjectSettings:
    """What a project says of how it is built.

    :param own: its ``[tool.crosswheel]``.
    :param fallback: its ``[tool.cibuildwheel]``, which holds where the former lacks a key; None without one.
    :param requires_python: the Pythons it says it is for; empty if it does not.
    :param notes: what is in its tables and not used.
    """

    crosswheel: Settings = field(default_factory=Settings)
    cibuildwheel: Settings | None = None
    requires_python: str = ""
    notes: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[Settings, ...]:
        """The tables; a later one wins over an earlier one."""
        return (self.crosswheel,) if self.cibuildwheel is None else (self.cibuildwheel, self.crosswheel)


def read_settings(pyproject: Path) -> ProjectSettings:
    """The settings in a ``pyproject.toml``, their paths absolute; the defaults if it has no table of ours.

    :raises UsageError: when the file is no TOML, or a table has values of the wrong type, or ours unknown keys.
    """
    document = read_toml(pyproject)
    tool = document.get("tool", {})
    tables = tool if isinstance(tool, dict) else {"crosswheel": tool}
    own = resolve_paths(parse(tables.get("crosswheel", {}), where=pyproject), pyproject.absolute().parent)
    project = document.get("project", {})
    requires = project.get("requires-python", "") if isinstance(project, dict) else ""
    found = ProjectSettings(own, requires_python=requires if isinstance(requires, str) else "")
    if "cibuildwheel" not in tables:
        return found
    translation = translate(tables["cibuildwheel"], where=pyproject)
    return replace(found, cibuildwheel=parse(translation.table, where=pyproject), notes=translation.notes)


def parse(table: Any, *, where: object) -> Settings:
    """The settings in a table.

    :param where: what to call its origin in errors.
    :raises UsageError: as :func:`read_settings` does.
    """
    return read_table(Settings, table, name="tool.crosswheel", where=where)
