"""Every family of platforms, and lookups that fail for any other."""

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
"""Every family, by its name."""


def platform_of(target: Target) -> Platform:
    """Return the family of platforms that a target belongs to.

    :raises UnknownPlatformError: if there is no such family, or the target is not of its class.
    """
    platform = table_row(PLATFORMS, target.family, "crosswheel.platforms", what="family")
    target_as(target, platform.target, f"the family {platform.family!r} in crosswheel.platforms")
    return platform


def target_as(target: Target, kind: type[_T], where: str) -> _T:
    """Return a target as one of the class that the code of its family is written for.

    :param where: the code, for the error.
    :raises UnknownPlatformError: if it is of another class.
    """
    if not isinstance(target, kind):
        given = f"{target} of family {target.family!r} is a {type(target).__name__}"
        raise UnknownPlatformError(f"{where} is for {kind.__name__}; {given}")
    return target


def table_row(table: Mapping[str, _T], key: str, where: str, *, what: str = "system") -> _T:
    """Return the row of a table for a family or a system.

    :param where: the table's name, for the error; ``what`` is what its keys are.
    :raises UnknownPlatformError: if there is no such row.
    """
    if key not in table:
        raise UnknownPlatformError(f"no {what} {key!r} in {where}", hint=f"known are {', '.join(table)}")
    return table[key]
