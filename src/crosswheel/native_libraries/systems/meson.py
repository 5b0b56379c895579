"""Meson with Ninja."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.native_libraries.systems.model import PREFIX, Bench, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswheel.native_libraries.recipe import Build

_SETTINGS = (
    "--libdir=lib",
    "--buildtype=release",
    "--default-library=static",
    "--auto-features=disabled",
    "--wrap-mode=nodownload",
    "-Db_staticpic=true",
)


def steps(build: Build, bench: Bench) -> Iterator[Step]:
    """Configure, build and install."""
    places = (str(bench.build), str(bench.source))
    target = f"--cross-file={bench.cross_file}"
    yield Step("configure", ("meson", "setup", *places, target, f"--prefix={PREFIX}", *_SETTINGS, *build.options))
    yield Step("build", ("ninja", "-C", str(bench.build), f"-j{bench.jobs}", *build.targets))
    if build.install:
        install = ("meson", "install", "-C", str(bench.build), "--no-rebuild")
        yield Step("install", install, {"DESTDIR": str(bench.stage)})
