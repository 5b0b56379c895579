"""What build systems have in common: a place to work in, and steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.native_libraries.recipe import LibraryBuildSteps

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "/usr"
"""What libraries are configured for, so that they look for the target's own data where that is: in ``/etc``."""


@dataclass(frozen=True, slots=True)
class BuildStep:
    """A command of a build, with a word that says what it does.

    :param environ: variables of this step alone.
    """

    name: str
    command: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BuildDirs:
    """Where a library is built.

    :param source: the directory of its sources; ``build`` is where it is built.
    :param stage: what stands for ``/`` when it is installed.
    :param triple: of the target; ``build_triple`` of the build machine.
    :param cross_file: that tells Meson of the target.
    """

    source: Path
    build: Path
    stage: Path
    triple: str
    build_triple: str
    cross_file: Path
    jobs: int


@dataclass(frozen=True, slots=True)
class BuildSystem:
    """How to build with it, and the programs it takes."""

    steps: Callable[[LibraryBuildSteps, BuildDirs], Iterator[BuildStep]]
    tools: tuple[str, ...]
