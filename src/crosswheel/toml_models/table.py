"""The base class of table models, the types of their values, and the documentation of their keys."""

from __future__ import annotations

from collections.abc import Mapping  # msgspec evaluates the annotations
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

from msgspec import UNSET, Meta, Struct, structs

_STRING_SCHEMA = {"type": "string"}


class InvalidValueError(ValueError):
    """A value that its key does not accept.

    :param message: what is wrong; empty if ``expected`` is enough.
    :param expected: what the key accepts.
    :param index: the index of the value in a list.
    """

    def __init__(self, message: str = "", *, expected: str | None = None, index: int | None = None) -> None:
        super().__init__(message or expected)
        self.message = message
        self.expected = expected
        self.index = index


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """A table with fixed keys, as a frozen value. Unknown keys are errors.

    ``old_keys`` maps the former spelling of each renamed key to the current one. Former spellings are accepted for one
    release; they are in no schema and no reference page. Subclasses that add some extend those of their base class.
    """

    old_keys: ClassVar[Mapping[str, str]] = {}

    def set_fields(self) -> dict[str, Any]:
        """Return the values that are set, by field name."""
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in values.items() if value is not UNSET}

    def with_fields(self, changes: dict[str, Any]) -> Self:
        """Return a copy with some fields replaced, by field name."""
        return structs.replace(self, **changes)

    @classmethod
    def keys(cls) -> tuple[str, ...]:
        """Return the keys of the table as they are spelled in TOML."""
        return cls.__struct_encode_fields__

    @classmethod
    def rename_old_keys(cls, table: Mapping[str, Any]) -> dict[str, Any]:
        """Return a TOML table with former spellings of keys replaced.

        :raises InvalidValueError: if both spellings of a key are set.
        """
        return rename_keys(table, cls.old_keys)


def rename_keys(table: Mapping[str, Any], new_keys: Mapping[str, str]) -> dict[str, Any]:
    """Return a table with some keys renamed, in the same order.

    :param new_keys: the new key by the old one.
    :raises InvalidValueError: if the table has both.
    """
    for old, new in new_keys.items():
        if old in table and new in table:
            raise InvalidValueError(f"{old} and {new} are the same key; {old} is the former spelling")
    return {new_keys.get(key, key): value for key, value in table.items()}


@runtime_checkable
class FieldType(Protocol):
    """A type of values that converts itself from TOML."""

    @classmethod
    def read(cls, value: Any) -> Any:
        """Return the value for a TOML value.

        :raises InvalidValueError: if the key does not accept the TOML value.
        """
        ...

    @classmethod
    def schema(cls) -> dict[str, Any]:
        """Return the JSON schema of accepted TOML values."""
        ...


class StringOrList(tuple[str, ...]):
    """Strings, written as a list or, if there is only one, as a string."""

    __slots__ = ()

    @classmethod
    def read(cls, value: Any) -> StringOrList:
        """See :meth:`FieldType.read`."""
        if isinstance(value, str):
            return cls((value,))
        if not isinstance(value, list | tuple):
            raise InvalidValueError(expected="a string or a list of strings")
        for index, item in enumerate(value):
            if not isinstance(item, str):
                raise InvalidValueError(expected="a string", index=index)
        return cls(value)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        """See :meth:`FieldType.schema`."""
        return {"anyOf": [_STRING_SCHEMA, {"type": "array", "items": _STRING_SCHEMA}]}


def read_field(kind: type, value: Any) -> Any:
    """Convert a TOML value to a :class:`FieldType` or a path. Relative paths stay relative.

    :raises InvalidValueError: if the type does not accept the value.
    """
    if isinstance(kind, FieldType):
        return kind.read(value)
    if isinstance(value, str):
        return Path(value).expanduser()
    if isinstance(value, Path):
        return value
    raise InvalidValueError(expected="a path, as a string")


def field_schema(kind: type) -> dict[str, Any]:
    """Return the JSON schema of a :class:`FieldType` or a path."""
    return kind.schema() if isinstance(kind, FieldType) else _STRING_SCHEMA


def doc(description: str, default: Any = None, *, above: float | None = None, **extra: Any) -> Meta:
    """Describe a key for the reference page and the JSON schema.

    :param default: the effective value if the key is not set, as in TOML; None if there is none.
    :param above: the exclusive lower bound of a number.
    :param extra: metadata for other uses, found in ``msgspec.inspect.Metadata.extra``.
    """
    schema = None if default is None else {"default": default}
    return Meta(description=description, extra_json_schema=schema, gt=above, extra=extra or None)
