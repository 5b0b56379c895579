"""Selection of builds, as cibuildwheel's options ``build``, ``skip`` and ``archs`` do it.

A build is a target and a Python, and its identifier is ``cp313-manylinux_riscv64``.
"""

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
    from collections.abc import Iterable, Mapping, Sequence

    from crosswheel.targets.model import Target
    from crosswheel.targets.python_version import PythonVersion

    Combination = tuple[Target, PythonVersion]

_SHOWN = 6
"""Maximum number of identifiers in an error."""
_ANY_MICRO = 99
"""A project that requires 3.12.4 is built for 3.12: it is enough that some release of 3.12 satisfies it."""
_ALL = "all"


@dataclass(frozen=True, slots=True)
class Selection:
    """Selected builds, by cibuildwheel's options of the same names.

    :param build: patterns over identifiers, one of which must match; empty for all.
    :param skip: patterns over identifiers, none of which may match.
    :param archs: architectures, as for :func:`archs_allow`.
    :param requires_python: the project's ``requires-python``; empty for any.
    """

    build: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    archs: tuple[str, ...] = ()
    requires_python: str = ""

    @property
    def names_builds(self) -> bool:
        """Whether it names builds or architectures, rather than only excluding some."""
        return any(text.split() for text in (*self.build, *self.archs))

    def select_from(self, combinations: Sequence[Combination], *, machine: str) -> tuple[Combination, ...]:
        """Return the selected ones of some combinations, in their order.

        :param machine: architecture of the build machine, on which words such as ``auto`` depend.
        :raises UsageError: if none is selected, or a word or a pattern is invalid.
        """
        patterns = [pattern for text in self.build for pattern in expand_braces(text)] or ["*"]
        named = [pair for pair in combinations if matches(patterns, pair[0].identifier(pair[1]))]
        if not named:
            raise _no_match(patterns, combinations)
        selected = tuple(pair for pair in named if self._allows(*pair, machine))
        if not selected:
            raise self._all_excluded(named)
        return selected

    def _allows(self, target: Target, python: PythonVersion, machine: str) -> bool:
        return (
            not matches(self.skip, target.identifier(python))
            and archs_allow(self.archs, target.unversioned_tag, machine)
            and self.allows_python(python)
        )

    def allows_python(self, python: PythonVersion) -> bool:
        """Return whether the project's ``requires-python`` includes some release of a Python.

        :raises UsageError: if it is not a version specifier.
        """
        try:
            return SpecifierSet(self.requires_python).contains(f"{python.feature}.{_ANY_MICRO}")
        except InvalidSpecifier as error:
            raise UsageError(f"requires-python is {self.requires_python!r}: not a version specifier") from error

    def _all_excluded(self, named: Sequence[Combination]) -> UsageError:
        options = {"skip": self.skip, "archs": self.archs, "requires-python": (self.requires_python,)}
        excluding = [f"{key} {' '.join(value)!r}" for key, value in options.items() if any(value)]
        return UsageError(
            f"no builds left: {_shortened(_identifiers(named))} excluded by {' and '.join(excluding)}",
            hint="`crosswheel identifiers` lists all builds",
        )


def _no_match(patterns: Sequence[str], combinations: Sequence[Combination]) -> UsageError:
    identifiers = _identifiers(combinations)
    near = [name for pattern in patterns for name in get_close_matches(pattern, identifiers, _SHOWN)]
    return UsageError(
        f"no build matches {' '.join(patterns)!r}",
        hint=f"available: {_shortened(list(dict.fromkeys(near)) or identifiers)}; `crosswheel identifiers` lists all",
    )


def _identifiers(combinations: Sequence[Combination]) -> list[str]:
    return list(dict.fromkeys(target.identifier(python) for target, python in combinations))


def _shortened(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown


def matches(patterns: Iterable[str], name: str) -> bool:
    """Return whether one of the patterns matches a name.

    :param patterns: texts, each of patterns separated by spaces. They are :mod:`fnmatch` patterns, with
        braces: ``cp3{12,13}-*`` is ``cp312-* cp313-*``.
    :raises UsageError: if the braces of a pattern expand to too many.
    """
    return any(fnmatchcase(name, pattern) for text in patterns for pattern in expand_braces(text))


_MAX_BRACES = 100
"""Braces in a text; bracex, which expands them, calls itself for each that is nested."""


@cache
def expand_braces(text: str) -> tuple[str, ...]:
    """Return the patterns in a text, with their braces expanded.

    :raises UsageError: as :func:`matches` does, and if braces are nested deeper than anybody writes them.
    """
    if text.count("{") > _MAX_BRACES:
        raise UsageError(f"too many braces in {text[:40]!r}…", hint="use * or ?")
    try:
        return tuple(pattern for word in text.split() for pattern in bracex.iexpand(word))
    except bracex.ExpansionLimitException as error:
        raise UsageError(f"the braces in {text!r} expand to too many patterns", hint="use * or ?") from error


@cache
def arch_patterns() -> Mapping[str, Mapping[str, str]]:
    """Return cibuildwheel's architectures: by platform (``linux``) and name the pattern over unversioned tags."""
    table: dict[str, dict[str, str]] = read_table("archs")["platforms"]
    return table


def archs_allow(archs: Sequence[str], unversioned_tag: str, machine: str) -> bool:
    """Return whether the option ``archs`` allows a target, as it does if it names no architecture of its platform.

    :param archs: names of architectures or of groups such as ``auto``, each for all platforms or, as ``linux:aarch64``,
        for one. Those for one platform override those for all.
    :param unversioned_tag: the target's platform tag without its version.
    :param machine: architecture of the build machine.
    :raises UsageError: for unknown names.
    :raises UnknownPlatformError: if no architecture in the table matches the target.
    """
    words = [word for text in archs for word in text.replace(",", " ").split()]
    patterns = {word: _word_patterns(word, machine) for word in words}
    for platform, architectures in arch_patterns().items():
        if matches(architectures.values(), unversioned_tag):
            scoped = [word for word in words if word.startswith(f"{platform}:")]
            relevant = scoped or [word for word in words if ":" not in word]
            return not relevant or any(matches(patterns[word].get(platform, ()), unversioned_tag) for word in relevant)
    raise UnknownPlatformError(f"no row of archs.toml matches the platform {unversioned_tag}")


@cache
def _word_patterns(word: str, machine: str) -> dict[str, tuple[str, ...]]:
    """Return the patterns that a word of ``archs`` stands for, by platform."""
    scope, _, name = word.rpartition(":")
    if scope and scope not in arch_patterns():
        known = list(arch_patterns())
        hint = suggestion(scope, known) or f"known are {', '.join(known)}"
        raise UsageError(f"unknown platform {scope!r} in the architecture {word!r}", hint=hint)
    platforms = [scope] if scope else list(arch_patterns())
    groups = _groups(machine)
    found = {platform: _patterns(platform, groups.get(name, {}).get(platform, (name,))) for platform in platforms}
    if name not in groups and not any(found.values()):
        known = [*groups, *(arch for platform in platforms for arch in arch_patterns()[platform])]
        hint = suggestion(name, known) or f"known are {', '.join(dict.fromkeys(known))}"
        raise UsageError(f"unknown architecture {word!r}", hint=hint)
    return found


def _patterns(platform: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return the patterns of a platform's architectures; their names are not case-sensitive, as in cibuildwheel."""
    lower = {name.lower() for name in names}
    return tuple(pattern for name, pattern in arch_patterns()[platform].items() if name.lower() in lower)


@cache
def _groups(machine: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the groups of architectures: names by group and platform."""
    machines: dict[str, dict[str, list[str]]] = read_table("archs")["machines"]
    groups = {}
    for group, names in machines.get(machine, machines["other"]).items():
        pairs = [name.format(machine=machine).split(":") for name in names]
        groups[group] = {
            platform: tuple(name for scope, name in pairs if scope == platform) for platform in arch_patterns()
        }
    return {**groups, _ALL: {platform: tuple(names) for platform, names in arch_patterns().items()}}
