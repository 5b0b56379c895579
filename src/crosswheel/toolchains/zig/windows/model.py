"""What zig knows of Windows, as data."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

OLDEST = (10, 0)
"""The Windows whose headers and libraries zig's are."""


@dataclass(frozen=True, slots=True)
class WindowsZig:
    """A row of ``targets.toml``, where each field is explained."""

    zig: str
    clang: str
    flags: tuple[str, ...]
    asking: tuple[str, ...]
    lld: str
    dlltool: str
    lists: tuple[str, ...]
    macro: str


@cache
def windows_zig() -> Mapping[str, WindowsZig]:
    """Every architecture of Windows that zig can build for, by platform tag."""
    rows = tomllib.loads(files("crosswheel.toolchains.zig.windows").joinpath("targets.toml").read_text("utf-8"))
    lists = ("flags", "asking", "lists")
    return MappingProxyType(
        {name: WindowsZig(**(row | {key: tuple(row[key]) for key in lists})) for name, row in rows.items()}
    )
