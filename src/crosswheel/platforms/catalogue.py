"""Lookup of families of platforms, which fails for unknown ones.

The names of their targets are read by :mod:`crosswheel.targets.catalogue`; a test compares the two lists.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from crosswheel.errors import UnknownPlatformError
from crosswheel.platforms.linux import LINUX
from crosswheel.platforms.macos import MACOS
from crosswheel.platforms.pyodide import PYODIDE
from crosswheel.platforms.windows import WINDOWS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswheel.platforms.model import Platform
    from crosswheel.targets import Target

_T = TypeVar("_T")

PLATFORMS: Mapping[str, Platform] = MappingProxyType(
    {platform.family: platform for platform in (LINUX, MACOS, WINDOWS, PYODIDE)}
)
"""Every family, by name."""


def platform_of(target: Target) -> Platform:
    """Return the family of platforms of a target.

    :raises UnknownPlatformError: if the family is unknown, or the target is not an instance of its class.
    """
    platform = table_row(PLATFORMS, target.family, "crosswheel.platforms", kind="family")
    target_as(target, platform.target, f"the family {platform.family!r} in crosswheel.platforms")
    return platform


def target_as(target: Target, kind: type[_T], where: str) -> _T:
    """Return a target, checked to be an instance of a class.

    :param where: name of the code that requires it, for the error.
    :raises UnknownPlatformError: if it is an instance of another class.
    """
    if not isinstance(target, kind):
        given = f"{target} of family {target.family!r} is a {type(target).__name__}"
        raise UnknownPlatformError(f"{where} is for {kind.__name__}; {given}")
    return target


def table_row(table: Mapping[str, _T], key: str, where: str, *, kind: str = "system") -> _T:
    """Return the row of a table.

    :param where: name of the table, for the error; ``kind`` is the kind of its keys.
    :raises UnknownPlatformError: if there is no such row.
    """
    if key not in table:
        raise UnknownPlatformError(f"no {kind} {key!r} in {where}", hint=f"known are {', '.join(table)}")
    return table[key]
