"""The tables in which platforms are described, one TOML file for each kind of thing."""

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
    """A table's rows by their names."""
    return tomllib.loads(files("crosswheel.targets.tables").joinpath(f"{name}.toml").read_text("utf-8"))


def parse_version(text: str) -> tuple[int, int]:
    """A version of two numbers: ``2.31``."""
    major, minor = text.split(".")
    return int(major), int(minor)


@cache
def systems() -> Mapping[str, System]:
    """Every operating system, by name."""
    return MappingProxyType(
        {name: System(name=name, **row | _words(row)) for name, row in read_table("systems").items()}
    )


def _words(row: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The lists in a row, as values that do not change."""
    return {key: tuple(row[key]) for key in ("whole", "sharing") if key in row}
