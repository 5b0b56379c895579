"""A table that people write, as a frozen value."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

from msgspec import UNSET, Meta, Struct, structs


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """A table with fixed keys: frozen, and without room for keys nobody knows."""

    def set_fields(self) -> dict[str, Any]:
        """The keys that somebody set, by their names in Python."""
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in values.items() if value is not UNSET}

    def with_fields(self, changes: dict[str, Any]) -> Self:
        """The same table but for some keys, by their names in Python."""
        return structs.replace(self, **changes)

    @classmethod
    def keys(cls) -> tuple[str, ...]:
        """The keys of the table, as they are written."""
        return cls.__struct_encode_fields__


_TEXT = {"type": "string"}


class InvalidValueError(ValueError):
    """A value that is not what its key takes.

    :param said: what is wrong, if ``expected`` does not say it.
    :param at: the position in a list, counted from 0.
    """

    def __init__(self, said: str = "", *, expected: str | None = None, at: int | None = None) -> None:
        super().__init__(said or expected)
        self.said = said
        self.expected = expected
        self.at = at


@runtime_checkable
class FieldType(Protocol):
    """A type of values that reads them from what a person writes."""

    @classmethod
    def read(cls, value: Any) -> Any:
        """What was written for a key of this type.

        :raises MistakeError: when it is something else.
        """
        ...

    @classmethod
    def schema(cls) -> dict[str, Any]:
        """The JSON schema of what may be written."""
        ...


class StringOrList(tuple[str, ...]):
    """Strings; written as a list, or as a string that stands for a list of one."""

    __slots__ = ()

    @classmethod
    def read(cls, value: Any) -> StringOrList:
        """See :meth:`FieldType.read`."""
        if isinstance(value, str):
            return cls((value,))
        if not isinstance(value, list | tuple):
            raise InvalidValueError(expected="a string or a list of strings")
        for at, item in enumerate(value):
            if not isinstance(item, str):
                raise InvalidValueError(expected="a string", at=at)
        return cls(value)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        """See :meth:`FieldType.schema`."""
        return {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}


def read_field(kind: type, value: Any) -> Any:
    """A value of one of the types above, or a path; a relative path stays one.

    :raises MistakeError: when it is something else.
    """
    if isinstance(kind, FieldType):
        return kind.read(value)
    if isinstance(value, str):
        return Path(value).expanduser()
    if isinstance(value, Path):
        return value
    raise InvalidValueError(expected="a path, as a string")


def field_schema(kind: type) -> dict[str, Any]:
    """The JSON schema of what a person may write for a key of such a type."""
    return kind.schema() if isinstance(kind, FieldType) else _TEXT


def doc(description: str, default: Any = None, *, above: float | None = None) -> Meta:
    """What the reference and the schema say of a key.

    :param default: what holds where it is not set, as it would be written; None where nothing does.
    """
    return Meta(description=description, extra_json_schema=None if default is None else {"default": default}, gt=above)
