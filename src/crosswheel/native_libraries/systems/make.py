"""Makefiles that were written by hand, and scripts that are not autoconf's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.native_libraries.systems.model import BuildDirs, BuildStep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswheel.native_libraries.recipe import LibraryBuildSteps


def steps(build: LibraryBuildSteps, bench: BuildDirs) -> Iterator[BuildStep]:
    """Configure, if there is something to be configured, make and install."""
    if build.configure:
        yield BuildStep("configure", (*build.configure, *build.options))
    yield from built(build, bench)


def built(build: LibraryBuildSteps, bench: BuildDirs) -> Iterator[BuildStep]:
    """Make and install; nothing is installed where the recipe names nothing to be installed."""
    yield BuildStep("build", ("make", f"-j{bench.jobs}", *build.targets))
    if build.install:
        yield BuildStep("install", ("make", *build.install, f"DESTDIR={bench.stage}"))
