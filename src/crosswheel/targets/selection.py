"""Which combinations of a target and a Python are built, by their identifiers: ``cp313-manylinux_riscv64``."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING

import bracex
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from crosswheel.errors import UnknownPlatformError, UsageError, suggestion
from crosswheel.targets.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosswheel.targets.model import Target
    from crosswheel.targets.python_version import PythonVersion

    Combination = tuple[Target, PythonVersion]
    from collections.abc import Iterable, Mapping

_SHOWN = 6
"""Identifiers that an error names at most."""
_ANY_MICRO = 99
"""A project that requires 3.12.4 is built for 3.12: what counts is whether any release of it will do."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for by identifiers, as cibuildwheel's options of these names do.

    :param build: patterns of which one must match, ``skip`` those of which none may; without ``build`` all do.
    :param archs: architectures, as :func:`crosswheel.targets.selection.archs_allow` takes them.
    :param requires_python: the Pythons a project says it is for (``requires-python``); empty for any.
    """

    build: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    archs: tuple[str, ...] = ()
    requires_python: str = ""

    @property
    def names_builds(self) -> bool:
        """Whether it says what to build, and not only what to leave out."""
        return any(text.split() for text in (*self.build, *self.archs))

    def select_from(self, combinations: Sequence[Combination], *, machine: str) -> tuple[Combination, ...]:
        """Those of some combinations that are selected, in their order.

        :param machine: the architecture of the machine that builds, which words such as ``auto`` depend on.
        :raises UsageError: when none is, or a word or a pattern means nothing.
        """
        patterns = [pattern for text in self.build for pattern in expand_braces(text)] or ["*"]
        named = [pair for pair in combinations if matches(patterns, pair[0].identifier(pair[1]))]
        if not named:
            raise _nothing_named(patterns, combinations)
        kept = tuple(pair for pair in named if self._keeps(*pair, machine))
        if not kept:
            raise self._nothing_left(named)
        return kept

    def _keeps(self, target: Target, python: PythonVersion, machine: str) -> bool:
        return (
            not matches(self.skip, target.identifier(python))
            and archs_allow(self.archs, target.unversioned_tag, machine)
            and self._required(python)
        )

    def _required(self, python: PythonVersion) -> bool:
        try:
            return SpecifierSet(self.requires_python).contains(f"{python.feature}.{_ANY_MICRO}")
        except InvalidSpecifier as error:
            raise UsageError(f"requires-python is {self.requires_python!r}: not a version specifier") from error

    def _nothing_left(self, named: Sequence[Combination]) -> UsageError:
        words = {"skip": self.skip, "archs": self.archs, "requires-python": (self.requires_python,)}
        said = [f"{key} {' '.join(value)!r}" for key, value in words.items() if any(value)]
        return UsageError(
            f"nothing is left to build of {_listed(_identifiers(named))} after {' and '.join(said)}",
            hint="`crosswheel identifiers` lists what there is",
        )


def _nothing_named(patterns: Sequence[str], combinations: Sequence[Combination]) -> UsageError:
    known = _identifiers(combinations)
    near = [name for pattern in patterns for name in get_close_matches(pattern, known, _SHOWN)]
    return UsageError(
        f"nothing to build is called {' '.join(patterns)!r}",
        hint=f"there is {_listed(list(dict.fromkeys(near)) or known)}; `crosswheel identifiers` lists all",
    )


def _identifiers(combinations: Sequence[Combination]) -> list[str]:
    return list(dict.fromkeys(target.identifier(python) for target, python in combinations))


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown


def matches(patterns: Iterable[str], name: str) -> bool:
    """Whether a name is matched by one of the patterns.

    A text may hold several, with spaces between them. Each is one of :mod:`fnmatch`, after its braces were expanded:
    ``cp3{12,13}-*`` is ``cp312-* cp313-*``.

    :raises UsageError: when the braces of a pattern stand for too many others.
    """
    return any(fnmatchcase(name, pattern) for text in patterns for pattern in expand_braces(text))


@cache
def expand_braces(text: str) -> tuple[str, ...]:
    """The patterns in a text, without braces.

    :raises UsageError: as :func:`matches` does.
    """
    try:
        return tuple(pattern for word in text.split() for pattern in bracex.iexpand(word))
    except bracex.ExpansionLimitException as error:
        raise UsageError(f"the braces in {text!r} stand for too many patterns", hint="use * or ?") from error


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
