"""Libraries and targets for tests."""

from __future__ import annotations

from pathlib import Path

from crosswheel.libraries.catalogue import read_catalogue
from crosswheel.libraries.model import Library
from crosswheel.targets import Target, find_target
from crosswheel.toolchains.zig.model import zig_targets

_FLOORS = {"pyodide": (2025, 0), "macos": (11, 0), "windows": (10, 0)}


class Floors:
    """What zig reaches."""

    def floor(self, architecture: str, platform: str) -> tuple[int, int] | None:
        return _FLOORS.get(platform) or zig_targets()[architecture].floor(platform)


def target(name: str) -> Target:
    return find_target(name, Floors(), native="linux-x86_64")


def library(name: str) -> Library:
    """One that there is a recipe of."""
    recipe = read_catalogue()[name].recipe
    return Library(name, recipe, recipe.build, recipe.depends, "", Path())
