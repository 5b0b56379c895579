"""Laying settings over settings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from crosswheel.documents import Table
from crosswheel.settings.model import Index, Options, Settings, selects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosswheel.targets import PythonVersion, Target

_T = TypeVar("_T", bound=Table)
_O = TypeVar("_O", bound=Options)
_PLACES = frozenset({"constraints", "build_constraints", "cross_env", "find_links", "recipes"})
_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def identifiers(target: Target, python: PythonVersion) -> tuple[str, ...]:
    """The names of a combination that the patterns of overrides are matched with, by tag and by alias."""
    return f"{python.abi}-{target.tag}", f"{python.abi}-{target.alias}"


def lay_over(base: _O, top: Options) -> _O:
    """``base``, changed by what was set in ``top``: tables key by key, everything else as a whole."""
    changes = {}
    for name, value in top.given().items():
        if name in base.__struct_fields__:
            changes[name] = _laid_over(getattr(base, name), value)
    return base.changed(changes)


def _laid_over(base: Any, top: Any) -> Any:
    if isinstance(base, dict):
        return base | top
    if isinstance(base, Index):
        return base.changed(top.given())
    return top


def resolve(table: Settings, given: Settings, names: Sequence[str] = ()) -> Settings:
    """What holds in the end: the table, the overrides that match a combination, the command line.

    :param names: the combination's; without any, no override matches.
    """
    settings = table
    for override in table.overrides or ():
        if selects(override.select, names):
            settings = lay_over(settings, override)
    return lay_over(settings, given)


def anchored(table: _T, directory: Path) -> _T:
    """The settings with relative paths made absolute; in a file they start at the file's directory."""
    return table.changed({name: _at(name, value, directory) for name, value in table.given().items()})


def _at(name: str, value: Any, directory: Path) -> Any:
    """A value with what is a path in it made absolute."""
    if isinstance(value, Path):
        return directory / value
    if isinstance(value, Table):
        return anchored(value, directory)
    if name == "overrides":
        return tuple(anchored(override, directory) for override in value)
    if name in _PLACES:
        return tuple(_place(item, directory) for item in value)
    return value


def _place(text: str, directory: Path) -> str:
    """A path made absolute; a URL as it is."""
    return text if _URL.match(text) else str(directory / Path(text).expanduser())
