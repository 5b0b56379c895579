"""The commands that configure, build and install a library, by build system."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.native_libraries.recipe import LibraryBuildSteps

if TYPE_CHECKING:
    from collections.abc import Mapping

INSTALL_PREFIX = "/usr"
"""The prefix that libraries are configured with, so that at run time they search the target's system: ``/etc``."""


@dataclass(frozen=True, slots=True)
class BuildStep:
    """A command of a build.

    :param name: ``configure``, ``build``, ``install``, or ``prepare`` and ``finish`` for the recipe's own commands.
    :param environ: additional environment variables of this command.
    """

    name: str
    command: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BuildDirs:
    """The directories and machine names that a build's commands contain.

    :param source: the source directory.
    :param build: the build directory; the same as ``source`` for builds in the source tree.
    :param stage: the root that is installed into (``DESTDIR``).
    :param triple: of the target, as ``config.sub`` writes it.
    :param build_triple: of the build machine.
    :param cross_file: Meson's cross file for the target; ``native_file`` that for the build machine.
    :param jobs: number of parallel jobs.
    """

    source: Path
    build: Path
    stage: Path
    triple: str
    build_triple: str
    cross_file: Path
    native_file: Path
    jobs: int


@dataclass(frozen=True, slots=True)
class BuildSystem:
    """The steps of a build system, and the programs that they run.

    :param emscripten: whether the steps also call Emscripten's programs and have the variables of pyodide-build.
    """

    steps: Callable[[LibraryBuildSteps, BuildDirs], Iterator[BuildStep]]
    tools: tuple[str, ...]
    emscripten: bool = False


_CMAKE_VARIABLES = {
    "CMAKE_BUILD_TYPE": "Release",
    "CMAKE_INSTALL_PREFIX": INSTALL_PREFIX,
    "CMAKE_INSTALL_LIBDIR": "lib",
    "CMAKE_POSITION_INDEPENDENT_CODE": "ON",
    "CMAKE_POLICY_VERSION_MINIMUM": "3.5",
    "CMAKE_EXPORT_NO_PACKAGE_REGISTRY": "ON",
    "BUILD_SHARED_LIBS": "OFF",
    "BUILD_TESTING": "OFF",
}
_MESON_OPTIONS = (
    "--libdir=lib",
    "--buildtype=release",
    "--default-library=static",
    "--auto-features=disabled",
    "--wrap-mode=nodownload",
    "-Db_staticpic=true",
)


def _autotools_steps(build: LibraryBuildSteps, dirs: BuildDirs) -> Iterator[BuildStep]:
    """Run the ``configure`` script that autoconf generates, then make."""
    script = build.configure or ("sh", str(dirs.source / "configure"))
    paths = (
        f"--prefix={INSTALL_PREFIX}",
        f"--libdir={INSTALL_PREFIX}/lib",
        "--sysconfdir=/etc",
        "--localstatedir=/var",
    )
    machines = (f"--build={dirs.build_triple}", f"--host={dirs.triple}")
    yield BuildStep("configure", (*script, *machines, *paths, "--disable-shared", "--enable-static", *build.options))
    yield from _run_make(build, dirs)


def _make_steps(build: LibraryBuildSteps, dirs: BuildDirs) -> Iterator[BuildStep]:
    """Run the recipe's configure command, if any, then make; for hand-written makefiles and scripts."""
    if build.configure:
        yield BuildStep("configure", (*build.configure, *build.options))
    yield from _run_make(build, dirs)


def _run_make(build: LibraryBuildSteps, dirs: BuildDirs) -> Iterator[BuildStep]:
    yield BuildStep("build", ("make", f"-j{dirs.jobs}", *build.targets))
    if build.install:
        yield BuildStep("install", ("make", *build.install, f"DESTDIR={dirs.stage}"))


def _cmake_steps(build: LibraryBuildSteps, dirs: BuildDirs) -> Iterator[BuildStep]:
    """Run CMake with the Ninja generator."""
    variables = (f"-D{name}={value}" for name, value in _CMAKE_VARIABLES.items())
    paths = ("-S", str(dirs.source), "-B", str(dirs.build), "-G", "Ninja")
    yield BuildStep("configure", ("cmake", *paths, *variables, *build.options))
    targets = ("--target", *build.targets) if build.targets else ()
    yield BuildStep("build", ("cmake", "--build", str(dirs.build), "--parallel", str(dirs.jobs), *targets))
    if build.install:
        yield BuildStep("install", ("cmake", "--install", str(dirs.build)), {"DESTDIR": str(dirs.stage)})


def _meson_steps(build: LibraryBuildSteps, dirs: BuildDirs) -> Iterator[BuildStep]:
    """Run Meson, and Ninja."""
    paths = (str(dirs.build), str(dirs.source))
    machines = (f"--cross-file={dirs.cross_file}", f"--native-file={dirs.native_file}")
    options = (*machines, f"--prefix={INSTALL_PREFIX}", *_MESON_OPTIONS, *build.options)
    yield BuildStep("configure", ("meson", "setup", *paths, *options))
    yield BuildStep("build", ("ninja", "-C", str(dirs.build), f"-j{dirs.jobs}", *build.targets))
    if build.install:
        install = ("meson", "install", "-C", str(dirs.build), "--no-rebuild")
        yield BuildStep("install", install, {"DESTDIR": str(dirs.stage)})


def _script_steps(build: LibraryBuildSteps, dirs: BuildDirs) -> Iterator[BuildStep]:
    """Run one command that builds and installs; the variable ``PREFIX`` is the directory that it installs into."""
    yield BuildStep("build", build.configure, {"PREFIX": f"{dirs.stage}{INSTALL_PREFIX}"})


BUILD_SYSTEMS: dict[str, BuildSystem] = {
    "autotools": BuildSystem(_autotools_steps, ("make",)),
    "cmake": BuildSystem(_cmake_steps, ("cmake", "ninja")),
    "make": BuildSystem(_make_steps, ("make",)),
    "meson": BuildSystem(_meson_steps, ("meson", "ninja")),
    "script": BuildSystem(_script_steps, ()),
    "pyodide": BuildSystem(_script_steps, ("make",), emscripten=True),
}
