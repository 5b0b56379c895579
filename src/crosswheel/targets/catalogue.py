"""Finding targets by name: platform tags with a version, aliases without one, ``native``."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from crosswheel.errors import UsageError, suggestion
from crosswheel.targets.model import Architecture, ElfFlags, Libc, Target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TAG = re.compile(r"(manylinux|musllinux)_(\d+)_(\d+)_(\w+)")


class Floors(Protocol):
    """What a toolchain says of the oldest C library it can build for."""

    def floor(self, architecture: str, libc: str) -> tuple[int, int] | None:
        """The oldest ``(major, minor)`` it reaches, None if it cannot build for this platform at all."""


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(files("crosswheel.targets").joinpath("tables", name).read_text("utf-8"))


def _version(text: str) -> tuple[int, int]:
    major, minor = text.split(".")
    return int(major), int(minor)


@cache
def architectures() -> Mapping[str, Architecture]:
    """Every architecture, by its name in platform tags."""
    rows = {}
    for name, row in _table("architectures.toml").items():
        row["elf_flags"] = ElfFlags(**row["elf_flags"])
        row["runs_also"] = tuple(row.get("runs_also", ()))
        rows[name] = Architecture(name=name, **row)
    return MappingProxyType(rows)


@cache
def libcs() -> Mapping[str, Libc]:
    """Every C library, by name."""
    rows = {}
    for name, row in _table("libcs.toml").items():
        policies = {a: tuple(map(_version, versions)) for a, versions in row.pop("policies").items()}
        row |= {
            "name": name,
            "policies": MappingProxyType(policies),
            "legacy": MappingProxyType(row["legacy"]),
        }
        rows[name] = Libc(**row)
    return MappingProxyType(rows)


def lowest_target(architecture: Architecture, libc: Libc, floors: Floors) -> Target | None:
    """The target with the lowest policy that auditwheel knows and the toolchain reaches, if any."""
    floor = floors.floor(architecture.name, libc.name)
    if floor is None:
        return None
    usable = [version for version in libc.policies[architecture.name] if version >= floor]
    return Target(architecture, libc, usable[0]) if usable else None


def all_targets(floors: Floors) -> Iterator[Target]:
    """One target per platform, each with its lowest reachable policy."""
    for libc in libcs().values():
        for architecture in architectures().values():
            if target := lowest_target(architecture, libc, floors):
                yield target


def aliases() -> tuple[str, ...]:
    """Every short name a target can be asked for by."""
    return ("native", *(f"{libc.alias}-{arch}" for libc in libcs().values() for arch in architectures()))


def find_target(spec: str, floors: Floors, *, native: str) -> Target:
    """The target a person means by a platform tag or an alias.

    :param floors: the toolchain that will be used; an alias resolves to the lowest policy it can reach.
    :param native: the alias of the build machine, which is what ``native`` means.
    :raises UsageError: for unknown names, versions without a policy and platforms the toolchain cannot reach.
    """
    name = _modern(spec.strip())
    if match := _TAG.fullmatch(name):
        return _by_tag(match, floors)
    return _by_alias(native if name == "native" else name, floors)


def _modern(name: str) -> str:
    """The PEP 600 spelling of a name from before it: ``manylinux2014_i686`` is ``manylinux_2_17_i686``."""
    for libc in libcs().values():
        for version, legacy in libc.legacy.items():
            if name.startswith(f"{legacy}_"):
                return f"{libc.tag}_{version.replace('.', '_')}{name.removeprefix(legacy)}"
    return name


def _by_alias(name: str, floors: Floors) -> Target:
    for libc in libcs().values():
        architecture = architectures().get(name.removeprefix(f"{libc.alias}-"))
        if architecture and name.startswith(f"{libc.alias}-"):
            target = lowest_target(architecture, libc, floors)
            if target is None:
                raise UsageError(f"the toolchain cannot build for {name}", hint="crosswheel targets")
            return target
    raise UsageError(f"unknown target {name!r}", hint=suggestion(name, aliases()) or "`crosswheel targets` lists them")


def _by_tag(match: re.Match[str], floors: Floors) -> Target:
    libc = next(libc for libc in libcs().values() if libc.tag == match[1])
    architecture = architectures().get(match[4])
    if architecture is None:
        known = list(architectures())
        raise UsageError(
            f"unknown architecture {match[4]!r} in target {match[0]!r}",
            hint=suggestion(match[4], known) or f"known are {', '.join(known)}",
        )
    version = int(match[2]), int(match[3])
    policies = libc.policies[architecture.name]
    if version not in policies:
        listed = ", ".join(f"{libc.tag}_{major}_{minor}" for major, minor in policies)
        raise UsageError(f"there is no policy {match[0]}", hint=f"for {architecture.name} there are {listed}")
    floor = floors.floor(architecture.name, libc.name)
    if floor is None or version < floor:
        reach = "not at all" if floor is None else f"from {libc.name} {floor[0]}.{floor[1]} on"
        raise UsageError(
            f"the toolchain cannot build for {match[0]}: it reaches {architecture.name} {reach}",
            hint=f"--target {libc.alias}-{architecture.name} takes the lowest policy in reach",
        )
    return Target(architecture, libc, version)
