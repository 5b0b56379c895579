"""Makefiles that were written by hand, and scripts that are not autoconf's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.native_libraries.systems.model import Bench, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswheel.native_libraries.recipe import Build


def steps(build: Build, bench: Bench) -> Iterator[Step]:
    """Configure, if there is something to be configured, make and install."""
    if build.configure:
        yield Step("configure", (*build.configure, *build.options))
    yield from built(build, bench)


def built(build: Build, bench: Bench) -> Iterator[Step]:
    """Make and install; nothing is installed where the recipe names nothing to be installed."""
    yield Step("build", ("make", f"-j{bench.jobs}", *build.targets))
    if build.install:
        yield Step("install", ("make", *build.install, f"DESTDIR={bench.stage}"))
