"""From a source to a wheel that is tested and published: from the store, or built anew."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crosswheel.building.build_environment import requirement_source
from crosswheel.building.native_libraries import LibraryResolver
from crosswheel.building.results import capture_result
from crosswheel.building.scripts import check_tools
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
    """Build one source on prepared context; whatever goes wrong becomes part of the result.

    A build that failed for want of a native library is told which, or made again with it.
    """
    past = WheelCache(context, source, requirement_source(context))
    if context.options.auto and (known := past.lookup_missing_library()):
        return build_source(_with_library(context, known), source)
    result = capture_result(context, source.label, lambda context, place: _build(context, source, place))
    library = LibraryResolver(context).missing_library(result.error) if result.error else None
    if result.error is None or library is None:
        return result
    if not context.options.auto:
        result.error.hint = f"--library {library} builds it for the target; --auto, whatever is found missing"
        return result
    context.host.progress.note(f"{source.label} for {context.target.alias}: {result.error.what}; taking {library}")
    past.store_missing_library(library)
    return build_source(_with_library(context, library), source)


def _with_library(context: BuildContext, library: str) -> BuildContext:
    return replace(context, options=replace(context.options, libraries=(*context.options.libraries, library)))


def _build(context: BuildContext, source: Source, place: Workspace) -> WheelResult:
    check_tools(context.host, context.options.tools)
    past = WheelCache(context, source, requirement_source(context))
    with place.clock.step("store"):
        made = past.lookup(place.log)
    if made is not None:
        context.host.progress.note("nothing it is made of has changed: the wheel is from the store")
    else:
        from crosswheel.building.build_wheel import build_wheel  # half of crosswheel's own code, and seldom needed

        made = build_wheel(context, source, past, place, build_source)
    return test_and_publish(
        context, source, made, place, RequirementBuilder(context, build_source), TestResultCache(past)
    )
