"""CMake with Ninja."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.native_libraries.systems.model import PREFIX, BuildDirs, BuildStep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswheel.native_libraries.recipe import LibraryBuildSteps

_SETTINGS = {
    "CMAKE_BUILD_TYPE": "Release",
    "CMAKE_INSTALL_PREFIX": PREFIX,
    "CMAKE_INSTALL_LIBDIR": "lib",
    "CMAKE_POSITION_INDEPENDENT_CODE": "ON",
    "CMAKE_POLICY_VERSION_MINIMUM": "3.5",
    "CMAKE_EXPORT_NO_PACKAGE_REGISTRY": "ON",
    "BUILD_SHARED_LIBS": "OFF",
    "BUILD_TESTING": "OFF",
}


def steps(build: LibraryBuildSteps, bench: BuildDirs) -> Iterator[BuildStep]:
    """Configure, build and install."""
    settings = (f"-D{name}={value}" for name, value in _SETTINGS.items())
    places = ("-S", str(bench.source), "-B", str(bench.build), "-G", "Ninja")
    yield BuildStep("configure", ("cmake", *places, *settings, *build.options))
    targets = ("--target", *build.targets) if build.targets else ()
    yield BuildStep("build", ("cmake", "--build", str(bench.build), "--parallel", str(bench.jobs), *targets))
    if build.install:
        yield BuildStep("install", ("cmake", "--install", str(bench.build)), {"DESTDIR": str(bench.stage)})
