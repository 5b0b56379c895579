"""Reading the ``[tool.crosswheel]`` table, with mistakes named by file and key."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from msgspec import ValidationError

from crosswheel.errors import UsageError
from crosswheel.settings.merge import anchored
from crosswheel.settings.mistakes import convert, explain

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.settings.model import Settings

_POSITION = re.compile(r"\s*\(at line (\d+), column (\d+)\)")


def read_settings(pyproject: Path) -> Settings:
    """The settings in a ``pyproject.toml``, their paths absolute; the defaults if it has no such table.

    :raises UsageError: when the file is no TOML, or the table has unknown keys or values of the wrong type.
    """
    tool = _document(pyproject).get("tool", {})
    table = tool.get("crosswheel", {}) if isinstance(tool, dict) else tool
    return anchored(parse(table, where=pyproject), pyproject.absolute().parent)


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
