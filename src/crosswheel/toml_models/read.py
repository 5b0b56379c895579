"""Reading TOML, with mistakes named by file, line and key."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import ValidationError

from crosswheel.errors import EnvironmentMissingError, UsageError
from crosswheel.toml_models.errors import TableSchema
from crosswheel.toml_models.table import Table

if TYPE_CHECKING:
    from pathlib import Path

_T = TypeVar("_T", bound=Table)
_POSITION = re.compile(r"\s*\(at line (\d+), column (\d+)\)")


def read_table(kind: type[_T], table: Any, *, name: str, where: object) -> _T:
    """The model's value that a table stands for.

    :param name: what the table is called in errors: ``tool.crosswheel``; empty for a whole document.
    :param where: what to call its origin in errors.
    :raises UsageError: when it has unknown keys or values of the wrong type; every mistake is in it.
    """
    form = TableSchema(kind, name)
    try:
        return form.convert(table)
    except ValidationError as error:
        raise form.error_for(table, where=where) from error


def read_toml(path: Path) -> dict[str, Any]:
    """A document, as plain values.

    :raises UsageError: when the file cannot be read or is no TOML, by line and column.
    """
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


def read_yaml(path: Path) -> Any:
    """A document, as plain values; keys without a value are left out.

    :raises UsageError: when the file cannot be read or is no YAML, by line and column.
    :raises EnvironmentMissingError: when the library that reads YAML is missing.
    """
    try:
        import yaml
    except ImportError as error:
        hint = "pip install 'crosswheel[pyodide]'"
        raise EnvironmentMissingError("reading YAML needs PyYAML", where=path, hint=hint) from error
    try:
        return _without_nothing(yaml.safe_load(path.read_bytes()))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}, line {mark.line + 1}, column {mark.column + 1}" if mark else path
        raise UsageError(f"not valid YAML: {error.problem}", where=where) from error
    except yaml.YAMLError as error:
        raise UsageError(f"not valid YAML: {error}", where=path) from error
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=path) from error


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nothing(inner) for key, inner in value.items() if inner is not None}
    return value
