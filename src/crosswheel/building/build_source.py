"""From a source to a tested, published wheel: taken from the cache or built."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crosswheel.building.build_environment import requirement_source
from crosswheel.building.native_libraries import LibraryResolver
from crosswheel.building.results import capture_result
from crosswheel.building.scripts import check_tools
from crosswheel.building.sharing import serve
from crosswheel.building.target_requirements import RequirementBuilder
from crosswheel.building.test_and_publish import test_and_publish
from crosswheel.building.test_cache import TestResultCache
from crosswheel.building.wheel_cache import WheelCache

if TYPE_CHECKING:
    from crosswheel.building.context import BuildContext
    from crosswheel.building.results import WheelResult
    from crosswheel.building.workspace import Workspace
    from crosswheel.sources.model import Source


def build_source(context: BuildContext, source: Source) -> WheelResult:
    """Build, test and publish the wheel of one source.

    If the build fails because of a missing native library that has a recipe, the error's hint names it; with the
    option ``auto`` the build is repeated with the library, which is remembered for later builds.

    :returns: the result; an error is part of it.
    """
    wheel_cache = WheelCache(context, source, requirement_source(context))
    if context.options.auto and (library := wheel_cache.lookup_missing_library()):
        return build_source(_with_library(context, library), source)
    result = capture_result(
        context, source.label, lambda context, workspace: _build_test_publish(context, source, workspace)
    )
    missing = LibraryResolver(context).missing_library(result.error) if result.error else None
    if result.error is None or missing is None:
        return result
    if not context.options.auto:
        result.error.hint = f"--library {missing} builds it for the target; --auto adds every missing library"
        return result
    context.host.progress.note(
        f"{source.label} for {context.target.alias}: {result.error.what}; building again with {missing}"
    )
    wheel_cache.store_missing_library(missing)
    return build_source(_with_library(context, missing), source)


def serve_tested(context: BuildContext, source: Source, result: WheelResult) -> WheelResult:
    """Test and publish a wheel that was built for another Python or target.

    :param result: the result of the build that made it.
    """
    test_cache = TestResultCache(WheelCache(context, source, requirement_source(context)))
    return serve(context, source, result, RequirementBuilder(context, build_source), test_cache)


def _with_library(context: BuildContext, library: str) -> BuildContext:
    return replace(context, options=replace(context.options, libraries=(*context.options.libraries, library)))


def _build_test_publish(context: BuildContext, source: Source, workspace: Workspace) -> WheelResult:
    check_tools(context.host, context.options.tools)
    wheel_cache = WheelCache(context, source, requirement_source(context))
    with workspace.clock.step("store"):
        built = wheel_cache.lookup(workspace.log)
    if built is not None:
        context.host.progress.note("inputs unchanged; using cached wheel")
    else:
        # Half of crosswheel's code, which a cached wheel does not need.
        from crosswheel.building.build_wheel import build_wheel

        built = build_wheel(context, source, wheel_cache, workspace, build_source)
    return test_and_publish(
        context, source, built, workspace, RequirementBuilder(context, build_source), TestResultCache(wheel_cache)
    )
