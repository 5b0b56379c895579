"""Error messages for tables that do not match their model."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec
from msgspec import inspect

from crosswheel.errors import UsageError, suggestion
from crosswheel.toml_models.table import InvalidValueError, Table, read_field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_T = TypeVar("_T", bound=Table)
_PATH = re.compile(r" - at `\$(?P<path>.*)`$")
_STEP = re.compile(r"\.(?P<key>[^.\[\]]+)|\[(?P<index>\d+)\]|(?P<any>\[\.\.\.\])")
_MESSAGE = re.compile(r"Expected `(?P<type>[a-z]+)[^`]*`(?P<limit> > )?|Object [a-z ]+ `(?P<key>.*?)`")
_EXPECTED = {
    "array": "a list",
    "bool": "true or false",
    "float": "a number",
    "int": "a whole number",
    "object": "a table",
    "str": "a string",
}

KeyPath = tuple[int | str, ...]
"""Keys and list indexes that lead to a value."""


@dataclass(frozen=True)
class _Mistake:
    """One mistake in a table.

    :param remove: what to remove from the table to find further mistakes; None if nothing can be removed.
    """

    what: str
    hint: str | None
    remove: KeyPath | None


@dataclass(frozen=True)
class TableSchema(Generic[_T]):
    """The model of a table, and the table's name in errors.

    :param spelling: other names of values in errors, by their keys joined by dots: options of the command line.
    :param advice: what to do instead of keys that only other tools have.
    """

    kind: type[_T]
    name: str
    spelling: Mapping[str, str] = field(default_factory=dict)
    advice: Mapping[str, str] = field(default_factory=dict)

    def convert(self, table: Any) -> _T:
        """Convert a TOML table to the model.

        :raises msgspec.ValidationError: at the first mistake.
        """
        return msgspec.convert(table, self.kind, dec_hook=read_field)

    def error_for(self, table: Any, *, where: object) -> UsageError:
        """Return the error for an invalid table, listing every mistake."""
        (first, hint), *others = [(mistake.what, mistake.hint) for mistake in self._mistakes(table)]
        lines = [first, *(f"{what} ({advice})" if advice else what for what, advice in others)]
        return UsageError("\n  and:   ".join(lines), where=where, hint=hint)

    def _mistakes(self, table: Any) -> Iterator[_Mistake]:
        """Convert repeatedly, each time without the value that was wrong: msgspec stops at the first mistake."""
        table = deepcopy(table)
        while True:
            try:
                self.convert(table)
            except msgspec.ValidationError as error:
                mistake = self._mistake(table, error)
                yield mistake
                if not mistake.remove:
                    return
                *path, last = mistake.remove
                del _at(table, tuple(path))[last]
            else:
                return

    def _mistake(self, table: Any, error: msgspec.ValidationError) -> _Mistake:
        path = self._path(table, str(error))
        message = _MESSAGE.match(str(error))
        if message and message["key"] and "unknown" in message[0]:
            known = self._keys(path)
            key = message["key"]
            hint = self.advice.get(key) or suggestion(key, known) or f"known are {', '.join(known)}"
            return _Mistake(f"unknown key {message['key']!r} in {self.spell(path)}", hint, (*path, message["key"]))
        if message and message["key"]:
            return _Mistake(f"{self.spell(path)} lacks the key {message['key']!r}", None, None)
        invalid = error.__cause__
        if not isinstance(invalid, InvalidValueError):
            invalid = InvalidValueError(expected=self._expected(message, path))
        value_path = path if invalid.index is None else (*path, invalid.index)
        if invalid.message:
            return _Mistake(f"{self.spell(value_path)}: {invalid.message}", None, path)
        shown = _shown(_at(table, value_path))
        return _Mistake(f"{self.spell(value_path)} is {shown}", f"expected {invalid.expected}", path)

    def _keys(self, path: KeyPath) -> tuple[str, ...]:
        """Return the keys of the table at a path."""
        kind = self._type(path)
        return tuple(field.encode_name for field in kind.fields) if isinstance(kind, inspect.StructType) else ()

    def _type(self, path: KeyPath) -> inspect.Type:
        """Return the type of the value at a path."""
        return reduce(_inside, path, inspect.type_info(self.kind))

    def _expected(self, message: re.Match[str] | None, path: KeyPath) -> str:
        kind = self._type(path)
        if isinstance(kind, inspect.VarTupleType) and isinstance(_bare(kind.item_type), inspect.StructType):
            return f"a list of tables, [[{self.spell(path)}]]"
        if message is None and isinstance(kind, inspect.LiteralType):
            return " or ".join(map(repr, kind.values))
        if message is None:
            return "another value"
        return "a number above 0" if message["limit"] else _EXPECTED[message["type"]]

    def _path(self, table: Any, message: str) -> KeyPath:
        """Return the path of a mistake. For tables without fixed keys msgspec does not name the key; it is searched."""
        match = _PATH.search(message)
        path: KeyPath = ()
        for step in _STEP.finditer(match["path"] if match else ""):
            if step["any"]:
                path = (*path, next(key for key in _at(table, path) if self._wrong_alone(table, path, key, message)))
            else:
                path = (*path, step["key"] or int(step["index"]))
        return path

    def _wrong_alone(self, table: Any, path: KeyPath, key: str, message: str) -> bool:
        """Return whether the table at a path gives the same error if it has only one of its keys."""
        table = deepcopy(table)
        *outer, last = path
        _at(table, tuple(outer))[last] = {key: _at(table, (*path, key))}
        try:
            self.convert(table)
        except msgspec.ValidationError as error:
            return str(error) == message
        return False

    def spell(self, path: KeyPath) -> str:
        """Return the name of a value in errors: ``tool.crosswheel.overrides[0].select``; indexes start at 0."""
        for length in range(1, len(path) + 1):
            if (known := self.spelling.get(".".join(map(str, path[:length])))) is not None:
                return ".".join((known, *(part for part in path[length:] if isinstance(part, str))))
        text = self.name
        for part in path:
            text += f"[{part}]" if isinstance(part, int) else f".{part}"
        if path:
            return text.removeprefix(".")
        return f"[{text}]" if text else "the document"


def _bare(kind: inspect.Type) -> inspect.Type:
    """Return a type without its metadata."""
    return _bare(kind.type) if isinstance(kind, inspect.Metadata) else kind


def _inside(kind: inspect.Type, step: int | str) -> inspect.Type:
    """Return the type of a value in a table or list. Custom types have no inner types and stand for themselves."""
    if isinstance(kind, inspect.StructType):
        return _bare(next(field.type for field in kind.fields if field.encode_name == step))
    if isinstance(kind, inspect.VarTupleType):
        return _bare(kind.item_type)
    return _bare(kind.value_type) if isinstance(kind, inspect.DictType) else kind


def _at(table: Any, path: KeyPath) -> Any:
    for step in path:
        table = table[step]
    return table


def _shown(value: Any) -> str:
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
