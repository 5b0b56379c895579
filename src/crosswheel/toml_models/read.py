"""Reading TOML and YAML files and converting tables to models; errors name the file, line and key."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import ValidationError, inspect

from crosswheel.errors import EnvironmentMissingError, UsageError
from crosswheel.toml_models.errors import KeyPath, TableSchema
from crosswheel.toml_models.table import InvalidValueError, Table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_T = TypeVar("_T", bound=Table)
_POSITION = re.compile(r"\s*\(at line (\d+), column (\d+)\)")


def read_table(
    kind: type[_T],
    table: Any,
    *,
    name: str,
    where: object,
    notes: list[str] | None = None,
    spelling: Mapping[str, str] | None = None,
    advice: Mapping[str, str] | None = None,
) -> _T:
    """Convert a TOML table to a model.

    :param name: the table's name in errors, such as ``tool.crosswheel``; empty for a whole document.
    :param where: the file or other origin named in errors.
    :param notes: a list to which a note for each former spelling of a key is appended.
    :param spelling: see :class:`crosswheel.toml_models.errors.TableSchema`; ``advice`` too.
    :raises UsageError: if the table has unknown keys, values of wrong types, or a key in both spellings. The message
        lists every mistake.
    """
    schema = TableSchema(kind, name, spelling or {}, advice or {})
    _check_texts(table, (), schema, where)
    renamed: list[str] = []
    try:
        table = _rename_old_keys(_type_info(kind), table, (), schema, renamed)
    except InvalidValueError as error:
        raise UsageError(error.message, where=where, hint="remove the former spelling") from error
    if notes is not None:
        notes += renamed
    try:
        return schema.convert(table)
    except ValidationError as error:
        raise schema.error_for(table, where=where) from error


def _check_texts(value: Any, path: KeyPath, schema: TableSchema[Any], where: object) -> None:
    """Raise if a text has a NUL character, which neither a variable, an argument nor a path can have.

    :raises UsageError: if one has.
    """
    if isinstance(value, str) and "\0" in value:
        raise UsageError(f"{schema.spell(path)} has a NUL character", where=where)
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        if isinstance(key, str) and "\0" in key:
            raise UsageError(f"a key in {schema.spell(path)} has a NUL character", where=where)
        _check_texts(inner, (*path, key), schema, where)


_type_info = cache(inspect.type_info)


def _rename_old_keys(kind: inspect.Type, value: Any, path: KeyPath, schema: TableSchema[Any], notes: list[str]) -> Any:
    """Return a TOML value with former spellings replaced in all tables of it."""
    if isinstance(kind, inspect.Metadata):
        return _rename_old_keys(kind.type, value, path, schema, notes)
    if isinstance(kind, inspect.StructType) and issubclass(kind.cls, Table) and isinstance(value, dict):
        table, old_keys = value, kind.cls.old_keys
        try:
            value = kind.cls.rename_old_keys(table)
        except InvalidValueError as error:
            raise InvalidValueError(f"{schema.spell(path)}: {error.message}") from error
        notes += [f"{schema.spell((*path, old))} is now called {old_keys[old]}" for old in table if old in old_keys]
        types = {field.encode_name: field.type for field in kind.fields}
        return {
            key: _rename_old_keys(types[key], inner, (*path, key), schema, notes) if key in types else inner
            for key, inner in value.items()
        }
    if isinstance(kind, inspect.VarTupleType) and isinstance(value, list | tuple):
        inner_type = kind.item_type
        return [_rename_old_keys(inner_type, inner, (*path, at), schema, notes) for at, inner in enumerate(value)]
    return value


def read_toml(path: Path) -> dict[str, Any]:
    """Return the document of a TOML file as plain values.

    :raises UsageError: if the file cannot be read or is not valid TOML; names the line and column.
    """
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        position = _POSITION.search(message)
        where = f"{path}, line {position[1]}, column {position[2]}" if position else path
        what = _POSITION.sub("", message)
        raise UsageError(f"not valid TOML: {what[:1].lower()}{what[1:]}", where=where) from error
    except RecursionError as error:
        raise UsageError(_TOO_DEEP, where=path) from error
    except UnicodeDecodeError as error:
        raise UsageError("not valid TOML: not encoded in UTF-8", where=f"{path}, byte {error.start}") from error
    except ValueError as error:  # of int(): a number has thousands of digits
        raise UsageError(f"not valid TOML: {_first_clause(error)}", where=path) from error
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=path) from error


def read_yaml(path: Path) -> Any:
    """Return the document of a YAML file as plain values, without keys that have no value.

    :raises UsageError: if the file cannot be read or is not valid YAML; names the line and column.
    :raises EnvironmentMissingError: if PyYAML is not installed.
    """
    try:
        import yaml
    except ImportError as error:
        hint = "pip install 'crosswheel[pyodide]'"
        raise EnvironmentMissingError("reading YAML requires PyYAML", where=path, hint=hint) from error
    try:
        return _Cleaner(path).clean(yaml.safe_load(path.read_bytes()), ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}, line {mark.line + 1}, column {mark.column + 1}" if mark else path
        raise UsageError(f"not valid YAML: {error.problem}", where=where) from error
    except yaml.YAMLError as error:
        raise UsageError(f"not valid YAML: {error}", where=path) from error
    except RecursionError as error:
        raise UsageError(_TOO_DEEP, where=path) from error
    except (ValueError, OverflowError) as error:  # of int() and datetime()
        raise UsageError(f"not valid YAML: {_first_clause(error)}", where=path) from error
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=path) from error


_TOO_DEEP = "tables and lists are nested too deep"
_MAX_VALUES = 1_000_000
"""Values of a YAML document in which aliases are replaced by what they stand for."""


def _first_clause(error: Exception) -> str:
    return str(error).partition(";")[0].partition("\n")[0]


class _Cleaner:
    """Removes keys without values, and refuses documents that aliases make huge or endless."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._left = _MAX_VALUES

    def clean(self, value: Any, around: tuple[int, ...]) -> Any:
        """Return a value without keys that have no value.

        :param around: identities of the tables and lists that it is in.
        """
        self._left -= 1
        if self._left < 0:
            raise UsageError(f"more than {_MAX_VALUES} values, with aliases replaced", where=self._path)
        if not isinstance(value, dict | list):
            return value
        if id(value) in around:
            raise UsageError("an alias stands for a value that contains it", where=self._path)
        inside = (*around, id(value))
        if isinstance(value, dict):
            return {key: self.clean(inner, inside) for key, inner in value.items() if inner is not None}
        return [self.clean(inner, inside) for inner in value]
