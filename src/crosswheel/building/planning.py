"""What has to be built for what was asked for: each thing once, though several be made of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from crosswheel.building.context import BuildConfiguration


@dataclass(frozen=True)
class PlannedWheel:
    """A combination that was asked for.

    :param parts: what it is made of, by its places among what is built; one, where that is the combination itself.
    """

    combination: BuildConfiguration
    parts: tuple[int, ...]

    @property
    def is_merged(self) -> bool:
        """Whether its wheels are merged of others."""
        return bool(self.combination.target.components())


def plan_builds(
    asked: Sequence[BuildConfiguration], work: Path
) -> tuple[tuple[BuildConfiguration, ...], tuple[PlannedWheel, ...]]:
    """What to build, and how what was asked for is made of it.

    A target's parts are built with the options of the whole. Where these are those of somebody who asked for the part
    itself, it is built for both.

    :param work: where wheels go that nobody asked for by themselves.
    """
    wanted = [_parts(combination) for combination in asked]
    single = _distinct(part for parts in wanted for part in parts)
    made = tuple(
        PlannedWheel(combination, tuple(map(single.index, parts)))
        for combination, parts in zip(asked, wanted, strict=True)
    )
    return tuple(one if one in asked else _kept_back(one, work / f"parts-{at}") for at, one in enumerate(single)), made


def _parts(combination: BuildConfiguration) -> tuple[BuildConfiguration, ...]:
    return tuple(replace(combination, target=part) for part in combination.target.components()) or (combination,)


def _distinct(combinations: Iterable[BuildConfiguration]) -> list[BuildConfiguration]:
    """Each once, in order; options hold tables, by which nothing can be looked up."""
    found: list[BuildConfiguration] = []
    for combination in combinations:
        if combination not in found:
            found.append(combination)
    return found


def _kept_back(combination: BuildConfiguration, place: Path) -> BuildConfiguration:
    return replace(combination, options=replace(combination.options, output_directory=place, test=False))
