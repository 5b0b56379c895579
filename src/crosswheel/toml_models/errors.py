"""Saying what is wrong with a table, in the words of whoever wrote it."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec
from msgspec import inspect

from crosswheel.errors import UsageError, suggestion
from crosswheel.toml_models.table import InvalidValueError, Table, read_field

if TYPE_CHECKING:
    from collections.abc import Iterator

_T = TypeVar("_T", bound=Table)
_PLACE = re.compile(r" - at `\$(?P<path>.*)`$")
_STEP = re.compile(r"\.(?P<key>[^.\[\]]+)|\[(?P<at>\d+)\]|(?P<any>\[\.\.\.\])")
_SAID = re.compile(r"Expected `(?P<type>[a-z]+)[^`]*`(?P<limit> > )?|Object [a-z ]+ `(?P<key>.*?)`")
_EXPECTED = {
    "array": "a list",
    "bool": "true or false",
    "float": "a number",
    "int": "a whole number",
    "object": "a table",
    "str": "a string",
}

Path = tuple[int | str, ...]


@dataclass(frozen=True)
class _Told:
    """One thing that is wrong, what to do about it, and the part of the table to leave out to see others."""

    what: str
    hint: str | None
    remove: Path | None


@dataclass(frozen=True)
class TableSchema(Generic[_T]):
    """What a table has to look like, and what it is called."""

    kind: type[_T]
    name: str

    def convert(self, table: Any) -> _T:
        """The value that a table stands for.

        :raises msgspec.ValidationError: at the first mistake.
        """
        return msgspec.convert(table, self.kind, dec_hook=read_field)

    def error_for(self, table: Any, *, where: object) -> UsageError:
        """The error a person gets for a table that is not as it must be; every mistake is in it."""
        (first, hint), *others = [(told.what, told.hint) for told in self._mistakes(table)]
        lines = [first, *(f"{what} ({advice})" if advice else what for what, advice in others)]
        return UsageError("\n  and:   ".join(lines), where=where, hint=hint)

    def _mistakes(self, table: Any) -> Iterator[_Told]:
        """The parser stops at the first mistake; the next is found without what was wrong."""
        table = deepcopy(table)
        while True:
            try:
                self.convert(table)
            except msgspec.ValidationError as error:
                told = self._told(table, error)
                yield told
                if not told.remove:
                    return
                *path, last = told.remove
                del _at(table, tuple(path))[last]
            else:
                return

    def _told(self, table: Any, error: msgspec.ValidationError) -> _Told:
        path = self._path(table, str(error))
        said = _SAID.match(str(error))
        if said and said["key"] and "unknown" in said[0]:
            known = self._keys(path)
            hint = suggestion(said["key"], known) or f"known are {', '.join(known)}"
            return _Told(f"unknown key {said['key']!r} in {self.spell(path)}", hint, (*path, said["key"]))
        if said and said["key"]:
            return _Told(f"{self.spell(path)} lacks the key {said['key']!r}", None, None)
        mistake = error.__cause__
        if not isinstance(mistake, InvalidValueError):
            mistake = InvalidValueError(expected=self._expected(said, path))
        place = path if mistake.at is None else (*path, mistake.at)
        if mistake.said:
            return _Told(f"{self.spell(place)}: {mistake.said}", None, path)
        return _Told(f"{self.spell(place)} is {_shown(_at(table, place))}", f"expected {mistake.expected}", path)

    def _keys(self, path: Path) -> tuple[str, ...]:
        """The keys of the table at a place."""
        kind = self._type(path)
        return tuple(field.encode_name for field in kind.fields) if isinstance(kind, inspect.StructType) else ()

    def _type(self, path: Path) -> inspect.Type:
        """The type of what stands at a place."""
        return reduce(_inside, path, inspect.type_info(self.kind))

    def _expected(self, said: re.Match[str] | None, path: Path) -> str:
        kind = self._type(path)
        if isinstance(kind, inspect.VarTupleType) and isinstance(_bare(kind.item_type), inspect.StructType):
            return f"a list of tables, [[{self.spell(path)}]]"
        if said is None and isinstance(kind, inspect.LiteralType):
            return " or ".join(map(repr, kind.values))
        if said is None:
            return "another value"
        return "a number above 0" if said["limit"] else _EXPECTED[said["type"]]

    def _path(self, table: Any, said: str) -> Path:
        """Where the parser found a mistake. It does not tell which value of a table without fixed keys was wrong."""
        place = _PLACE.search(said)
        path: Path = ()
        for step in _STEP.finditer(place["path"] if place else ""):
            if step["any"]:
                path = (*path, next(key for key in _at(table, path) if self._wrong_alone(table, path, key, said)))
            else:
                path = (*path, step["key"] or int(step["at"]))
        return path

    def _wrong_alone(self, table: Any, path: Path, key: str, said: str) -> bool:
        """Whether the same is said of a table in which, at a place, only one key is left."""
        table = deepcopy(table)
        *outer, last = path
        _at(table, tuple(outer))[last] = {key: _at(table, (*path, key))}
        try:
            self.convert(table)
        except msgspec.ValidationError as error:
            return str(error) == said
        return False

    def spell(self, path: Path) -> str:
        """A place in the table: ``tool.crosswheel.overrides[0].select``; positions count from 0."""
        text = self.name
        for part in path:
            text += f"[{part}]" if isinstance(part, int) else f".{part}"
        if path:
            return text.removeprefix(".")
        return f"[{text}]" if text else "the document"


def _bare(kind: inspect.Type) -> inspect.Type:
    """A type without its description."""
    return _bare(kind.type) if isinstance(kind, inspect.Metadata) else kind


def _inside(kind: inspect.Type, step: int | str) -> inspect.Type:
    """The type of what is in a value, at a key or position; a custom type has no inner ones and stands for itself."""
    if isinstance(kind, inspect.StructType):
        return _bare(next(field.type for field in kind.fields if field.encode_name == step))
    if isinstance(kind, inspect.VarTupleType):
        return _bare(kind.item_type)
    return _bare(kind.value_type) if isinstance(kind, inspect.DictType) else kind


def _at(table: Any, path: Path) -> Any:
    for step in path:
        table = table[step]
    return table


def _shown(value: Any) -> str:
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
