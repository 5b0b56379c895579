"""Architectures by the names cibuildwheel has for them, and its words for several: ``auto``, ``all``."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from crosswheel.errors import UnknownPlatformError, UsageError, suggestion
from crosswheel.targets.patterns import matches
from crosswheel.targets.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ALL = "all"


@cache
def arch_patterns() -> Mapping[str, Mapping[str, str]]:
    """A pattern over unversioned platform tags for each architecture, by platform: ``linux``, ``windows``."""
    table: dict[str, dict[str, str]] = read_table("archs")["platforms"]
    return table


def archs_allow(words: Sequence[str], unversioned: str, machine: str) -> bool:
    """Whether words for architectures leave room for a target; they do where none of them speaks of its platform.

    :param words: names or words for several, each for all platforms or, as ``linux:aarch64``, for one; those for one
        take the place of those for all.
    :param unversioned: the target's platform tag without its version.
    :param machine: the architecture of the machine that builds.
    :raises UsageError: for words that mean nothing.
    :raises UnknownPlatformError: if no architecture in the table matches the target.
    """
    named = [word for text in words for word in text.replace(",", " ").split()]
    meanings = {word: _read(word, machine) for word in named}
    for platform, architectures in arch_patterns().items():
        if matches(architectures.values(), unversioned):
            own = [word for word in named if word.startswith(f"{platform}:")]
            said = own or [word for word in named if ":" not in word]
            return not said or any(matches(meanings[word].get(platform, ()), unversioned) for word in said)
    raise UnknownPlatformError(f"no row of archs.toml matches the platform {unversioned}")


@cache
def _read(word: str, machine: str) -> dict[str, tuple[str, ...]]:
    """What a word means: patterns for each platform it speaks of."""
    scope, _, name = word.rpartition(":")
    if scope and scope not in arch_patterns():
        known = list(arch_patterns())
        hint = suggestion(scope, known) or f"known are {', '.join(known)}"
        raise UsageError(f"unknown platform {scope!r} in the architecture {word!r}", hint=hint)
    spoken_of = [scope] if scope else list(arch_patterns())
    groups = _groups(machine)
    found = {platform: _patterns(platform, groups.get(name, {}).get(platform, (name,))) for platform in spoken_of}
    if name not in groups and not any(found.values()):
        known = [*groups, *(name for platform in spoken_of for name in arch_patterns()[platform])]
        hint = suggestion(name, known) or f"known are {', '.join(dict.fromkeys(known))}"
        raise UsageError(f"unknown architecture {word!r}", hint=hint)
    return found


def _patterns(platform: str, names: Sequence[str]) -> tuple[str, ...]:
    """Those of a platform's architectures; cibuildwheel does not tell capitals from others in their names."""
    wanted = {name.lower() for name in names}
    return tuple(pattern for name, pattern in arch_patterns()[platform].items() if name.lower() in wanted)


@cache
def _groups(machine: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Words for several architectures: those of each platform."""
    machines: dict[str, dict[str, list[str]]] = read_table("archs")["machines"]
    groups = {}
    for word, names in machines.get(machine, machines["other"]).items():
        pairs = [name.format(machine=machine).split(":") for name in names]
        groups[word] = {
            platform: tuple(name for scope, name in pairs if scope == platform) for platform in arch_patterns()
        }
    return {**groups, _ALL: {platform: tuple(names) for platform, names in arch_patterns().items()}}
