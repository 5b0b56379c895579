"""Library recipes, libraries and targets for tests."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from crosswheel.native_libraries.catalogue import read_catalogue
from crosswheel.native_libraries.recipe import Library
from crosswheel.targets import Target, find_target
from crosswheel.toolchains.zig.model import zig_targets

_FLOORS = {"pyodide": (2025, 0), "macos": (11, 0), "windows": (10, 0)}


def written(
    name: str,
    sha256: str,
    *,
    archive: str = "answer.tar.gz",
    depends: Iterable[str] = (),
    more: str = "",
    headers: Iterable[str] = (),
    targets: Iterable[str] = (),
) -> str:
    """Return a recipe that builds with make; keys of ``[build]`` and further tables can be appended.

    :param more: lines before the first table.
    """
    return f"""
version = "1.0"
summary = "For tests"
homepage = "https://example.org"
license = "MIT"
license-files = ["LICENSE"]
depends = {json.dumps(list(depends))}
{more}
[source]
urls = ["{archive}"]
sha256 = "{sha256}"
[provides]
headers = {json.dumps(list(headers))}
libraries = ["{name}"]
[build]
system = "make"
targets = {json.dumps(list(targets))}
"""


class Floors:
    """The minimum versions that zig supports."""

    def minimum_version(self, architecture: str, platform: str) -> tuple[int, int] | None:
        return _FLOORS.get(platform) or zig_targets()[architecture].minimum_version(platform)


def target(name: str) -> Target:
    return find_target(name, Floors(), native="linux-x86_64")


def library(name: str) -> Library:
    """Return the library of a built-in recipe, without overrides."""
    recipe = read_catalogue()[name].recipe
    return Library(name, recipe, recipe.build, recipe.depends, "", Path())
