"""Scripts made by autoconf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.native_libraries.systems.make import built
from crosswheel.native_libraries.systems.model import PREFIX, BuildDirs, BuildStep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswheel.native_libraries.recipe import LibraryBuildSteps


def steps(build: LibraryBuildSteps, bench: BuildDirs) -> Iterator[BuildStep]:
    """Configure, make and install."""
    script = build.configure or ("sh", str(bench.source / "configure"))
    places = (f"--prefix={PREFIX}", f"--libdir={PREFIX}/lib", "--sysconfdir=/etc", "--localstatedir=/var")
    machines = (f"--build={bench.build_triple}", f"--host={bench.triple}")
    yield BuildStep("configure", (*script, *machines, *places, "--disable-shared", "--enable-static", *build.options))
    yield from built(build, bench)
