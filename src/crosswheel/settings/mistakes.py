"""Saying what is wrong with a table of settings, in the words of whoever wrote it."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from crosswheel.errors import UsageError, suggestion
from crosswheel.settings.fields import MistakeError, read_field
from crosswheel.settings.model import Index, Override, Settings, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE = "tool.crosswheel"
_PLACE = re.compile(r" - at `\$(?P<path>.*)`$")
_STEP = re.compile(r"\.(?P<key>[^.\[\]]+)|\[(?P<at>\d+)\]|(?P<any>\[\.\.\.\])")
_SAID = re.compile(r"Expected `(?P<type>[a-z]+)[^`]*`(?P<limit> > )?|Object [a-z ]+ `(?P<key>.*?)`")
_EXPECTED = {"bool": "true or false", "float": "a number", "str": "a string", "object": "a table"}

Path = tuple[int | str, ...]
_TABLES: dict[Path, type[Table]] = {(): Settings, ("index",): Index}


@dataclass(frozen=True)
class _Told:
    """One thing that is wrong, what to do about it, and the part of the table to leave out to see others."""

    what: str
    hint: str | None
    remove: Path | None


def convert(table: Any) -> Settings:
    """The settings in a table.

    :raises msgspec.ValidationError: at the first mistake.
    """
    return msgspec.convert(table, Settings, dec_hook=read_field)


def explain(table: Any, *, where: object) -> UsageError:
    """The error a person gets for a table that is not as it must be; every mistake is in it."""
    (first, hint), *others = [(told.what, told.hint) for told in _mistakes(table)]
    lines = [first, *(f"{what} ({advice})" if advice else what for what, advice in others)]
    return UsageError("\n  and:   ".join(lines), where=where, hint=hint)


def _mistakes(table: Any) -> Iterator[_Told]:
    """The parser stops at the first mistake; the next is found without what was wrong."""
    table = deepcopy(table)
    while True:
        try:
            convert(table)
        except msgspec.ValidationError as error:
            told = _told(table, error)
            yield told
            if not told.remove:
                return
            *path, last = told.remove
            del _at(table, tuple(path))[last]
        else:
            return


def _told(table: Any, error: msgspec.ValidationError) -> _Told:
    path = _path(table, str(error))
    said = _SAID.match(str(error))
    if said and said["key"] and "unknown" in said[0]:
        known = _TABLES.get(path, Override).keys()
        hint = suggestion(said["key"], known) or f"known are {', '.join(known)}"
        return _Told(f"unknown key {said['key']!r} in {spell(path)}", hint, (*path, said["key"]))
    if said and said["key"]:
        return _Told(f"{spell(path)} lacks the key {said['key']!r}", None, None)
    mistake = (
        error.__cause__ if isinstance(error.__cause__, MistakeError) else MistakeError(expected=_expected(error, path))
    )
    place = path if mistake.at is None else (*path, mistake.at)
    if mistake.said:
        return _Told(f"{spell(place)}: {mistake.said}", None, path)
    return _Told(f"{spell(place)} is {_shown(_at(table, place))}", f"expected {mistake.expected}", path)


def _expected(error: msgspec.ValidationError, path: Path) -> str:
    from crosswheel.settings.schema import json_schema

    said = _SAID.match(str(error))
    if path == ("overrides",):
        return f"a list of tables, [[{TABLE}.overrides]]"
    if said is None:
        return " or ".join(map(repr, json_schema()["properties"][path[-1]]["enum"]))
    return "a number above 0" if said["limit"] else _EXPECTED[said["type"]]


def _path(table: Any, said: str) -> Path:
    """Where the parser found a mistake. It does not tell which value of a table without fixed keys was wrong."""
    place = _PLACE.search(said)
    path: Path = ()
    for step in _STEP.finditer(place["path"] if place else ""):
        if step["any"]:
            values = _at(table, path)
            path = (*path, next(key for key in values if _wrong_alone(path[-1], key, values[key])))
        else:
            path = (*path, step["key"] or int(step["at"]))
    return path


def _wrong_alone(setting: int | str, key: str, value: Any) -> bool:
    try:
        convert({setting: {key: value}})
    except msgspec.ValidationError:
        return True
    return False


def _at(table: Any, path: Path) -> Any:
    for step in path:
        table = table[step]
    return table


def spell(path: Path) -> str:
    """A place in the table: ``tool.crosswheel.overrides[0].select``; positions count from 0."""
    text = TABLE
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text if path else f"[{TABLE}]"


def _shown(value: Any) -> str:
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
