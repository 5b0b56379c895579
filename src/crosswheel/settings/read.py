"""Reading the ``[tool.crosswheel]`` table, with mistakes named by file and key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crosswheel.documents import read_table, read_toml
from crosswheel.settings.merge import anchored
from crosswheel.settings.model import Settings

if TYPE_CHECKING:
    from pathlib import Path


def read_settings(pyproject: Path) -> Settings:
    """The settings in a ``pyproject.toml``, their paths absolute; the defaults if it has no such table.

    :raises UsageError: when the file is no TOML, or the table has unknown keys or values of the wrong type.
    """
    tool = read_toml(pyproject).get("tool", {})
    table = tool.get("crosswheel", {}) if isinstance(tool, dict) else tool
    return anchored(parse(table, where=pyproject), pyproject.absolute().parent)


def parse(table: Any, *, where: object) -> Settings:
    """The settings in a table.

    :param where: what to call its origin in errors.
    :raises UsageError: as :func:`read_settings` does.
    """
    return read_table(Settings, table, name="tool.crosswheel", where=where)
