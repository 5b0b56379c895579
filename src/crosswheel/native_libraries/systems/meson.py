"""Meson with Ninja."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.native_libraries.systems.model import PREFIX, BuildDirs, BuildStep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswheel.native_libraries.recipe import LibraryBuildSteps

_SETTINGS = (
    "--libdir=lib",
    "--buildtype=release",
    "--default-library=static",
    "--auto-features=disabled",
    "--wrap-mode=nodownload",
    "-Db_staticpic=true",
)


def steps(build: LibraryBuildSteps, bench: BuildDirs) -> Iterator[BuildStep]:
    """Configure, build and install."""
    places = (str(bench.build), str(bench.source))
    target = f"--cross-file={bench.cross_file}"
    yield BuildStep("configure", ("meson", "setup", *places, target, f"--prefix={PREFIX}", *_SETTINGS, *build.options))
    yield BuildStep("build", ("ninja", "-C", str(bench.build), f"-j{bench.jobs}", *build.targets))
    if build.install:
        install = ("meson", "install", "-C", str(bench.build), "--no-rebuild")
        yield BuildStep("install", install, {"DESTDIR": str(bench.stage)})
