"""From a source to a wheel that is tested and published: from the store, or built anew."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crosswheel.building.build_environment import packages_of
from crosswheel.building.native_libraries import Wanted
from crosswheel.building.options_model import Combination
from crosswheel.building.results import recorded
from crosswheel.building.scripts import check_tools
from crosswheel.building.target_requirements import RequirementMaker
from crosswheel.building.test_and_publish import release
from crosswheel.building.test_cache import PassedTests
from crosswheel.building.wheel_cache import Past

if TYPE_CHECKING:
    from crosswheel.building.options_model import WheelResult
    from crosswheel.building.recipe_set import Cookbook
    from crosswheel.building.workspace import Workspace
    from crosswheel.cross_requirements import CrossEnv
    from crosswheel.pythons.model import BuildPython, TargetPython
    from crosswheel.sources.model import Source
    from crosswheel.store import Store
    from crosswheel.toolchains.model import Kit


@dataclass(frozen=True)
class Ground(Combination):
    """What builds for one combination share.

    :param kit: the toolchain made ready for the target.
    :param store: where artifacts are kept; ``cookbook`` the recipes of packages.
    :param cross_envs: exported overlays that were given.
    :param lineage: the build requirements that this build is part of the build of, the outermost first.
    """

    build_python: BuildPython
    target_python: TargetPython
    kit: Kit
    store: Store
    cookbook: Cookbook
    cross_envs: tuple[CrossEnv, ...] = ()
    lineage: tuple[str, ...] = ()


def build_source(ground: Ground, source: Source) -> WheelResult:
    """Build one source on prepared ground; whatever goes wrong becomes part of the result.

    A build that failed for want of a native library is told which, or made again with it.
    """
    past = Past(ground, source, packages_of(ground))
    if ground.options.auto and (known := past.recall()):
        return build_source(_with_library(ground, known), source)
    result = recorded(ground, source.label, lambda ground, place: _build(ground, source, place))
    library = Wanted(ground).lacking(result.error) if result.error else None
    if result.error is None or library is None:
        return result
    if not ground.options.auto:
        result.error.hint = f"--library {library} builds it for the target; --auto, whatever is found missing"
        return result
    ground.host.progress.note(f"{source.label} for {ground.target.alias}: {result.error.what}; taking {library}")
    past.remember(library)
    return build_source(_with_library(ground, library), source)


def _with_library(ground: Ground, library: str) -> Ground:
    return replace(ground, options=replace(ground.options, libraries=(*ground.options.libraries, library)))


def _build(ground: Ground, source: Source, place: Workspace) -> WheelResult:
    check_tools(ground.host, ground.options.tools)
    past = Past(ground, source, packages_of(ground))
    with place.clock.step("store"):
        made = past.find(place.log)
    if made is not None:
        ground.host.progress.note("nothing it is made of has changed: the wheel is from the store")
    else:
        from crosswheel.building.build_wheel import build_anew  # half of crosswheel's own code, and seldom needed

        made = build_anew(ground, source, past, place, build_source)
    return release(ground, source, made, place, RequirementMaker(ground, build_source), PassedTests(past))
