"""Which symbols each CPython exports to extension modules: by version, and by build."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_ABI = re.compile(r"cp3(\d+)([a-z]*)")


def parse_table(text: str) -> Mapping[str, frozenset[str]]:
    """Return the names that each build exports, from a list of groups: ``[3.12 3.13]``, then names.

    The group of a debug or free-threaded build (``3.13d``, ``3.13t``) has what it exports in addition.
    """
    builds: dict[str, set[str]] = {}
    group: list[str] = []
    for line in text.splitlines():
        if line.startswith("["):
            group = line.strip("[]").split()
        elif not line.startswith("#"):
            for build in group:
                builds.setdefault(build, set()).update(line.split())
    return {build: frozenset(names) for build, names in builds.items()}


@cache
def _table() -> Mapping[str, frozenset[str]]:
    return parse_table(files("crosswheel.pythons").joinpath("tables", "symbols.txt").read_text("utf-8"))


@cache
def python_exports(abi: str) -> frozenset[str] | None:
    """Return the names that CPython exports to modules of an ABI; None if that is not known.

    The list is that of ELF builds. Names of a version's later patch releases are included.

    :param abi: an ABI tag: ``cp313``, ``cp313t`` (free-threaded), ``cp37m``, ``cp313d`` (debug).
    """
    match = _ABI.fullmatch(abi)
    release = _table().get(f"3.{match[1]}") if match else None
    return release | _additions(match[2], int(match[1])) if match and release else None


@cache
def known_names() -> frozenset[str]:
    """Return all names that any CPython exports."""
    return frozenset().union(*_table().values())


def builds_exporting(name: str) -> tuple[str, ...]:
    """Return the builds that export a name, such as ``3.12``, ``3.13t``."""
    return tuple(build for build, names in _table().items() if name in names)


def _additions(flags: str, minor: int) -> frozenset[str]:
    """Return what a debug or free-threaded build exports besides: that of the nearest version which is known."""
    found: frozenset[str] = frozenset()
    for flag in flags:
        known = [int(build[2:-1]) for build in _table() if build.endswith(flag)]
        if known:
            nearest = min(known, key=lambda each: abs(each - minor))
            found |= _table()[f"3.{nearest}{flag}"]
    return found
