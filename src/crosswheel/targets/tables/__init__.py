"""Tables that describe platforms, in TOML files."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from crosswheel.targets.model import System

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_table(name: str) -> dict[str, Any]:
    """Return the rows of a table by name."""
    return tomllib.loads(files("crosswheel.targets.tables").joinpath(f"{name}.toml").read_text("utf-8"))


def parse_version(text: str) -> tuple[int, int]:
    """Parse a version of two numbers: ``2.31``."""
    major, minor = text.split(".")
    return int(major), int(minor)


@cache
def systems() -> Mapping[str, System]:
    """Return every operating system, by name."""
    return MappingProxyType(
        {name: System(name=name, **row | _tuples(row)) for name, row in read_table("systems").items()}
    )


def _tuples(row: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the lists in a row as tuples."""
    return {key: tuple(row[key]) for key in ("whole", "sharing") if key in row}
