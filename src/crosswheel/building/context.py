"""What a build has at hand: what it is for, and what is prepared for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crosswheel.building.options import BuildOptions
    from crosswheel.building.recipe_set import RecipeSet
    from crosswheel.cross_requirements import CrossEnv
    from crosswheel.host import Host
    from crosswheel.pythons.model import BuildPython, TargetPython
    from crosswheel.sources.index import IndexSettings
    from crosswheel.store import Store
    from crosswheel.targets import PythonVersion, Target
    from crosswheel.toolchains.model import TargetToolchain


@dataclass(frozen=True)
class BuildConfiguration:
    """A target and a Python that sources are built for, and how.

    :param index: where packages come from.
    """

    host: Host
    target: Target
    python: PythonVersion
    index: IndexSettings
    options: BuildOptions


@dataclass(frozen=True)
class BuildContext(BuildConfiguration):
    """What builds for one combination share.

    :param kit: the toolchain made ready for the target.
    :param store: where artifacts are kept; ``cookbook`` the recipes of packages.
    :param cross_envs: exported overlays that were given.
    :param lineage: the build requirements that this build is part of the build of, the outermost first.
    """

    build_python: BuildPython
    target_python: TargetPython
    toolchain: TargetToolchain
    store: Store
    recipes: RecipeSet
    cross_envs: tuple[CrossEnv, ...] = ()
    lineage: tuple[str, ...] = ()
