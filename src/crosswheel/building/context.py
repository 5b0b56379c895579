"""The input of builds: target, Python and options, and everything prepared for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crosswheel.sealing import Seal

if TYPE_CHECKING:
    from crosswheel.building.options import BuildOptions
    from crosswheel.building.recipe_set import RecipeSet
    from crosswheel.cross_requirements import CrossEnv
    from crosswheel.host import Host
    from crosswheel.pythons.model import BuildPython, TargetPython
    from crosswheel.sources.index_settings import IndexSettings
    from crosswheel.store import Store
    from crosswheel.targets import PythonVersion, Target
    from crosswheel.toolchains.model import TargetToolchain


@dataclass(frozen=True)
class BuildConfiguration:
    """A target and a Python that sources are built for, with the options.

    :param index: settings of the package index.
    :param seal: how programs of the builds run.
    """

    host: Host
    target: Target
    python: PythonVersion
    index: IndexSettings
    options: BuildOptions
    seal: Seal = field(default_factory=Seal, kw_only=True)


@dataclass(frozen=True)
class BuildContext(BuildConfiguration):
    """A build configuration with everything prepared for it; shared by the builds of all its sources.

    :param build_python: the Python of the build machine that the backend runs on.
    :param target_python: headers and configuration of the target's Python.
    :param toolchain: the toolchain, prepared for the target.
    :param store: where artifacts are cached.
    :param recipes: recipes of packages and native libraries.
    :param cross_envs: exported cross build environments.
    :param lineage: normalized names of the build requirements that are being built, outermost first, when this build
        is for one of them.
    """

    build_python: BuildPython
    target_python: TargetPython
    toolchain: TargetToolchain
    store: Store
    recipes: RecipeSet
    cross_envs: tuple[CrossEnv, ...] = ()
    lineage: tuple[str, ...] = ()
