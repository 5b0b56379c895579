"""Turning what people write into the options of a build."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosswheel.building.options_model import BuildOptions
from crosswheel.settings.model import Index, Options

if TYPE_CHECKING:
    from crosswheel.settings.model import Settings

_ELSEWHERE = frozenset({"targets", "pythons", "build", "skip", "archs", "overrides"})
"""Settings that say what to build, not how."""
_NAMES = {
    "output_dir": "output_directory",
    "test_command": "test_commands",
    "allow_missing_extensions": "allow_missing",
}
"""Settings that the Python API calls otherwise."""
_WORDS = frozenset({"cflags", "cxxflags", "ldflags"})
_INSTEAD = frozenset({"test_commands", "test_imports"})
"""Lists of which one stands instead of another; all others are joined."""


def build_options(settings: Settings, **more: Any) -> BuildOptions:
    """The options that the settings mean.

    :param more: options that only the command line can give: ``keep``, ``rebuild``.
    """
    given = {name: value for name, value in settings.set_fields().items() if name not in _ELSEWHERE}
    if isinstance(settings.index, Index):
        found = settings.index.set_fields().items()
        given["index"] = {key.replace("_", "-"): _plain(value) for key, value in found}
    return BuildOptions(**{**_named(given), **more})


def merge_recipe_options(options: BuildOptions, recipe: Options) -> BuildOptions:
    """Options with those of a recipe under them: what is set in both is joined, or else stays as it was."""
    given = _named({name: value for name, value in recipe.set_fields().items() if name in Options.__struct_fields__})
    return replace(options, **{name: _joined(name, value, getattr(options, name)) for name, value in given.items()})


def _joined(name: str, under: Any, over: Any) -> Any:
    if isinstance(over, Mapping):
        return {**under, **over}
    if isinstance(over, tuple):
        return (over or under) if name in _INSTEAD else tuple(dict.fromkeys((*under, *over)))
    return over or under


def _named(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        _NAMES.get(name, name): tuple(word for text in value for word in shlex.split(text)) if name in _WORDS else value
        for name, value in given.items()
    }


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value
