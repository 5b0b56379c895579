"""A command that does everything, in the directory of the sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.native_libraries.systems.model import PREFIX, BuildDirs, BuildStep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswheel.native_libraries.recipe import LibraryBuildSteps


def steps(build: LibraryBuildSteps, bench: BuildDirs) -> Iterator[BuildStep]:
    """Run it; the variable ``PREFIX`` says where it installs."""
    yield BuildStep("build", build.configure, {"PREFIX": f"{bench.stage}{PREFIX}"})
