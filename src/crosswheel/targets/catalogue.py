"""Finding targets by name: platform tags with a version, aliases without one, ``native``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.errors import UsageError, suggestion
from crosswheel.targets.linux import LinuxFamily
from crosswheel.targets.macos import MacosFamily
from crosswheel.targets.pyodide import PyodideFamily
from crosswheel.targets.windows import WindowsFamily

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswheel.targets.model import MinimumVersions, Target, TargetFamily
    from crosswheel.targets.python_version import PythonVersion

_FAMILIES: tuple[TargetFamily, ...] = (LinuxFamily(), PyodideFamily(), MacosFamily(), WindowsFamily())


def family_names() -> tuple[str, ...]:
    """Return the name of every family of platforms."""
    return tuple(family.name for family in _FAMILIES)


def all_targets(minimum_versions: MinimumVersions) -> Iterator[Target]:
    """One target per platform, each of the oldest version the toolchain reaches."""
    for family in _FAMILIES:
        yield from family.oldest_supported(minimum_versions)


def aliases() -> tuple[str, ...]:
    """Every short name a target can be asked for by."""
    return ("native", *(alias for family in _FAMILIES for alias in family.aliases()))


def target_from_tag(tag: str) -> Target | None:
    """The target a platform tag means, None for tags of other systems."""
    return next((target for family in _FAMILIES if (target := family.from_tag(tag))), None)


def find_target(
    spec: str, minimum_versions: MinimumVersions, *, native: str, python: PythonVersion | None = None
) -> Target:
    """The target a person means by a platform tag or an alias.

    :param minimum_versions: the toolchain that will be used; an alias resolves to the oldest version it can reach.
    :param native: the alias of the build machine, which is what ``native`` means.
    :param python: the Python the wheel is for, which decides where a family has one target for each.
    :raises UsageError: for unknown names, versions without a policy and platforms the toolchain cannot reach.
    """
    name = spec.strip()
    name = native if name == "native" else name
    for family in _FAMILIES:
        if target := family.from_name(name, minimum_versions, python):
            return target
    raise UsageError(f"unknown target {name!r}", hint=suggestion(name, aliases()) or "`crosswheel targets` lists them")
