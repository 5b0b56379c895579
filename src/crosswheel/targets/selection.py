"""Which combinations of a target and a Python are built, by their identifiers: ``cp313-manylinux_riscv64``."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from crosswheel.errors import UsageError
from crosswheel.targets.cibuildwheel_archs import archs_allow
from crosswheel.targets.patterns import expand_braces, matches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosswheel.targets.model import Target
    from crosswheel.targets.python_version import PythonVersion

    Combination = tuple[Target, PythonVersion]

_SHOWN = 6
"""Identifiers that an error names at most."""
_ANY_MICRO = 99
"""A project that requires 3.12.4 is built for 3.12: what counts is whether any release of it will do."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for by identifiers, as cibuildwheel's options of these names do.

    :param build: patterns of which one must match, ``skip`` those of which none may; without ``build`` all do.
    :param archs: architectures, as :func:`crosswheel.targets.cibuildwheel_archs.archs_allow` takes them.
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
