"""From a source to a tested, published wheel: taken from the cache or built."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crosswheel.building.build_environment import requirement_source
from crosswheel.building.degraded import missing_libraries
from crosswheel.building.native_libraries import LibraryResolver
from crosswheel.building.results import capture_result
from crosswheel.building.scripts import check_tools
from crosswheel.building.target_requirements import RequirementBuilder
from crosswheel.building.test_and_publish import test_and_publish
from crosswheel.building.test_cache import TestResultCache
from crosswheel.building.wheel_cache import WheelCache
from crosswheel.errors import BuildError

if TYPE_CHECKING:
    from crosswheel.building.context import BuildContext
    from crosswheel.building.results import WheelResult
    from crosswheel.building.wheel_cache import BuiltWheel
    from crosswheel.building.workspace import Workspace
    from crosswheel.errors import CrosswheelError
    from crosswheel.sources.model import Source


def build_source(context: BuildContext, source: Source) -> WheelResult:
    """Build, test and publish the wheel of one source.

    If the build fails because of a missing native library that has a recipe, it is repeated with the library, which is
    remembered for later builds. With ``auto="all"`` it is also repeated with the libraries that it looked for in vain.

    :returns: the result; an error is part of it.
    """
    wheel_cache = WheelCache(context, source, requirement_source(context))
    if context.options.auto and (libraries := wheel_cache.lookup_missing_libraries()):
        return build_source(_with_libraries(context, libraries), source)
    result = capture_result(
        context, source.label, lambda context, workspace: _build_test_publish(context, source, workspace)
    )
    libraries = _missing_libraries(context, result.error)
    if not libraries:
        return result
    assert result.error is not None
    if not context.options.auto:
        name = libraries[0]
        result.error.hint = f"--library {name} builds it for the target; --auto adds every missing library"
        return result
    context.host.progress.note(
        f"{source.label} for {context.target.alias}: {result.error.what}; building again with {', '.join(libraries)}"
    )
    wheel_cache.store_missing_libraries(libraries)
    return build_source(_with_libraries(context, libraries), source)


class _OptionalLibrariesMissingError(BuildError):
    """A successful build has looked in vain for libraries, which the options add: it is repeated before it is tested.

    ``libraries`` are the names of their recipes.
    """

    libraries: tuple[str, ...] = ()


def _missing_libraries(context: BuildContext, error: CrosswheelError | None) -> tuple[str, ...]:
    """Return the libraries to repeat a build with."""
    if isinstance(error, _OptionalLibrariesMissingError):
        return error.libraries
    missing = LibraryResolver(context).missing_library(error) if error else None
    return (missing,) if missing else ()


def _require_optional_libraries(context: BuildContext, built: BuiltWheel) -> None:
    """Raise if the options add the libraries that a successful build has looked for in vain, and there are any."""
    requested = context.options.all_libraries
    libraries = tuple(name for name in missing_libraries(built.degraded) if name not in requested)
    if libraries and context.options.auto == "all":
        missing = _OptionalLibrariesMissingError(f"optional libraries not found: {', '.join(libraries)}")
        missing.libraries = libraries
        raise missing


def _with_libraries(context: BuildContext, libraries: tuple[str, ...]) -> BuildContext:
    return replace(context, options=replace(context.options, libraries=(*context.options.libraries, *libraries)))


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
    _require_optional_libraries(context, built)
    return test_and_publish(
        context, source, built, workspace, RequirementBuilder(context, build_source), TestResultCache(wheel_cache)
    )
