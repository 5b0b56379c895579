"""Deduplicating builds: a universal2 wheel and its parts share one build of each part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from crosswheel.building.context import BuildConfiguration


@dataclass(frozen=True)
class PlannedWheel:
    """A requested configuration, and the builds that its wheel is made from.

    :param parts: indices of the builds; a single one unless wheels are merged.
    """

    configuration: BuildConfiguration
    parts: tuple[int, ...]

    @property
    def is_merged(self) -> bool:
        """Whether its wheel is merged from those of several builds."""
        return bool(self.configuration.target.components())


def plan_builds(
    requested: Sequence[BuildConfiguration], work: Path
) -> tuple[tuple[BuildConfiguration, ...], tuple[PlannedWheel, ...]]:
    """Return the configurations to build, and one planned wheel for each requested configuration.

    A target's parts are built with the options of the whole. A part that is also requested itself, with the same
    options, is built once for both.

    :param work: a directory for wheels of parts that are not requested themselves; they are neither tested nor
        published.
    """
    parts_of = [_parts(configuration) for configuration in requested]
    builds = _unique(part for parts in parts_of for part in parts)
    wheels = tuple(
        PlannedWheel(configuration, tuple(map(builds.index, parts)))
        for configuration, parts in zip(requested, parts_of, strict=True)
    )
    return tuple(
        build if build in requested else _unpublished(build, work / f"parts-{index}")
        for index, build in enumerate(builds)
    ), wheels


def _parts(configuration: BuildConfiguration) -> tuple[BuildConfiguration, ...]:
    components = configuration.target.components()
    return tuple(replace(configuration, target=component) for component in components) or (configuration,)


def _unique(configurations: Iterable[BuildConfiguration]) -> list[BuildConfiguration]:
    """Return the configurations without duplicates; their options have dictionaries and cannot be hashed."""
    unique: list[BuildConfiguration] = []
    for configuration in configurations:
        if configuration not in unique:
            unique.append(configuration)
    return unique


def _unpublished(configuration: BuildConfiguration, directory: Path) -> BuildConfiguration:
    return replace(configuration, options=replace(configuration.options, output_directory=directory, test=False))
