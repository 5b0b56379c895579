"""Merging tables of settings, their overrides and the command line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import UNSET

from crosswheel.settings.model import Index, Override, Settings
from crosswheel.settings.options import Options, select_matches
from crosswheel.toml_models import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crosswheel.targets import PythonVersion, Target

_T = TypeVar("_T", bound=Table)
_O = TypeVar("_O", bound=Options)
_PATHS_OR_URLS = frozenset({"constraints", "build_constraints", "cross_env", "find_links", "recipes"})
_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def build_identifiers(target: Target, python: PythonVersion) -> tuple[str, ...]:
    """Return the names of a build that overrides can select: with its platform, platform tags and alias."""
    tags = (f"{python.abi}-{tag}" for tag in target.tag_spellings())
    return target.identifier(python), *tags, f"{python.abi}-{target.alias}"


def merge_settings(base: _O, top: Options) -> _O:
    """Return ``base`` with the values of ``top``.

    The rules in ``inherit`` of an override apply. Without one, tables are merged key by key and others are replaced.
    """
    rules: Mapping[str, str] = (top.inherit or {}) if isinstance(top, Override) else {}
    changes = {}
    for name, value in top.set_fields().items():
        if name in base.__struct_fields__:
            changes[name] = _merge_values(getattr(base, name), value, rules.get(name.replace("_", "-")))
    return base.with_fields(changes)


def _merge_values(base: Any, top: Any, rule: str | None) -> Any:
    if base is UNSET or rule == "none":
        return top
    if isinstance(base, dict):
        return top | base if rule == "prepend" else base | top
    if isinstance(base, Index):
        return base.with_fields(top.set_fields())
    if rule is None:
        return top
    return (*top, *base) if rule == "prepend" else (*base, *top)


def resolve(tables: Sequence[Settings], cli: Settings, names: Sequence[str] = ()) -> Settings:
    """Merge tables, each with its matching overrides, and the command line.

    :param tables: in increasing order of precedence; a later table's values replace those of earlier ones.
    :param cli: the settings given on the command line.
    :param names: the names of the build; without any, no override matches.
    """
    settings = Settings()
    for table in tables:
        settings = settings.with_fields(table.set_fields())
        for override in table.overrides or ():
            if select_matches(override.select, names):
                settings = merge_settings(settings, override)
    return merge_settings(settings, cli)


def resolve_paths(table: _T, directory: Path) -> _T:
    """Return settings with absolute paths; relative ones start at the directory of the settings' file."""
    return table.with_fields(
        {name: _resolve_value(name, value, directory) for name, value in table.set_fields().items()}
    )


def _resolve_value(name: str, value: Any, directory: Path) -> Any:
    """Return a value with all paths in it absolute."""
    if isinstance(value, Path):
        return directory / value
    if isinstance(value, Table):
        return resolve_paths(value, directory)
    if name == "overrides":
        return tuple(resolve_paths(override, directory) for override in value)
    if name in _PATHS_OR_URLS:
        return tuple(_resolve_path_or_url(item, directory) for item in value)
    return value


def _resolve_path_or_url(text: str, directory: Path) -> str:
    """Return an absolute path, or a URL unchanged."""
    return text if _URL.match(text) else str(directory / Path(text).expanduser())
