"""Laying settings over settings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import UNSET

from crosswheel.settings.model import Index, Options, Override, Settings, select_matches
from crosswheel.toml_models import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crosswheel.targets import PythonVersion, Target

_T = TypeVar("_T", bound=Table)
_O = TypeVar("_O", bound=Options)
_PLACES = frozenset({"constraints", "build_constraints", "cross_env", "find_links", "recipes"})
_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def build_identifiers(target: Target, python: PythonVersion) -> tuple[str, ...]:
    """The names of a combination that overrides may select it by: with its platform, its tag and its alias."""
    return target.identifier(python), f"{python.abi}-{target.tag}", f"{python.abi}-{target.alias}"


def merge_settings(base: _O, top: Options) -> _O:
    """``base``, changed by what was set in ``top``: as its ``inherit`` says, else tables key by key, others whole."""
    rules: Mapping[str, str] = (top.inherit or {}) if isinstance(top, Override) else {}
    changes = {}
    for name, value in top.set_fields().items():
        if name in base.__struct_fields__:
            changes[name] = _laid_over(getattr(base, name), value, rules.get(name.replace("_", "-")))
    return base.with_fields(changes)


def _laid_over(base: Any, top: Any, rule: str | None) -> Any:
    if base is UNSET or rule == "none":
        return top
    if isinstance(base, dict):
        return top | base if rule == "prepend" else base | top
    if isinstance(base, Index):
        return base.with_fields(top.set_fields())
    if rule is None:
        return top
    return (*top, *base) if rule == "prepend" else (*base, *top)


def resolve(tables: Sequence[Settings], given: Settings, names: Sequence[str] = ()) -> Settings:
    """What holds in the end: the tables, each with those of its overrides that match, and then the command line.

    :param tables: a later one wins over an earlier one, and takes the whole place of a setting.
    :param names: the combination's; without any, no override matches.
    """
    settings = Settings()
    for table in tables:
        settings = settings.with_fields(table.set_fields())
        for override in table.overrides or ():
            if select_matches(override.select, names):
                settings = merge_settings(settings, override)
    return merge_settings(settings, given)


def resolve_paths(table: _T, directory: Path) -> _T:
    """The settings with relative paths made absolute; in a file they start at the file's directory."""
    return table.with_fields({name: _at(name, value, directory) for name, value in table.set_fields().items()})


def _at(name: str, value: Any, directory: Path) -> Any:
    """A value with what is a path in it made absolute."""
    if isinstance(value, Path):
        return directory / value
    if isinstance(value, Table):
        return resolve_paths(value, directory)
    if name == "overrides":
        return tuple(resolve_paths(override, directory) for override in value)
    if name in _PLACES:
        return tuple(_place(item, directory) for item in value)
    return value


def _place(text: str, directory: Path) -> str:
    """A path made absolute; a URL as it is."""
    return text if _URL.match(text) else str(directory / Path(text).expanduser())
