"""From a source to a tested, published wheel: taken from the cache or built."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crosswheel.building.build_environment import requirement_source
from crosswheel.building.degraded import missing_libraries
from crosswheel.building.native_libraries import LibraryResolver
from crosswheel.building.results import capture_result
from crosswheel.building.sharing import serve
from crosswheel.building.target_requirements import RequirementBuilder
from crosswheel.building.test_and_publish import test_and_publish
from crosswheel.building.test_cache import TestResultCache
from crosswheel.building.wheel_cache import WheelCache
from crosswheel.environments.build_tools import find_tool
from crosswheel.errors import BuildError

if TYPE_CHECKING:
    from crosswheel.building.context import BuildContext
    from crosswheel.building.results import WheelResult
    from crosswheel.building.wheel_cache import BuiltWheel
    from crosswheel.building.workspace import Workspace
    from crosswheel.errors import CrosswheelError
    from crosswheel.sources.model import Source


@dataclass(frozen=True, slots=True)
class Additions:
    """What a build turns out to require besides its options.

    :param libraries: native libraries, by the names of their recipes.
    :param tools: programs of the build machine.
    """

    libraries: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.libraries or self.tools)

    def __str__(self) -> str:
        return ", ".join((*self.libraries, *self.tools))

    def hint(self) -> str:
        """Return the hint how to add the first of them."""
        if self.libraries:
            return f"--library {self.libraries[0]} builds it for the target; --auto adds every missing library"
        return f'tools = ["{self.tools[0]}"] in the settings installs it; --auto adds every missing tool'


def build_source(context: BuildContext, source: Source) -> WheelResult:
    """Build, test and publish the wheel of one source.

    If the build fails because of a missing native library that has a recipe, or of a program of the build machine that
    crosswheel installs, it is repeated with it, which is remembered for later builds. With ``auto="all"`` it is also
    repeated with the libraries that it looked for in vain.

    :returns: the result; an error is part of it.
    """
    wheel_cache = WheelCache(context, source, requirement_source(context))
    if context.options.auto and (remembered := Additions(*wheel_cache.lookup_missing())):
        return build_source(_with_additions(context, remembered), source)
    result = capture_result(
        context, source.label, lambda context, workspace: _build_test_publish(context, source, workspace)
    )
    additions = _missing(context, result.error)
    if not additions:
        return result
    assert result.error is not None
    if not context.options.auto:
        result.error.hint = additions.hint()
        return result
    context.host.progress.note(
        f"{source.label} for {context.target.alias}: {result.error.what}; building again with {additions}"
    )
    wheel_cache.store_missing(additions.libraries, additions.tools)
    return build_source(_with_additions(context, additions), source)


def serve_tested(context: BuildContext, source: Source, result: WheelResult) -> WheelResult:
    """Test and publish a wheel that was built for another Python or target.

    :param result: the result of the build that made it.
    """
    test_cache = TestResultCache(WheelCache(context, source, requirement_source(context)))
    return serve(context, source, result, RequirementBuilder(context, build_source), test_cache)


class _OptionalLibrariesMissingError(BuildError):
    """A successful build has looked in vain for libraries, which the options add: it is repeated before it is tested.

    ``libraries`` are the names of their recipes.
    """

    libraries: tuple[str, ...] = ()


def _missing(context: BuildContext, error: CrosswheelError | None) -> Additions:
    """Return what to repeat a build with."""
    if isinstance(error, _OptionalLibrariesMissingError):
        return Additions(error.libraries)
    if error is None or error.missing is None:
        return Additions()
    kind, name = error.missing
    if kind == "program":
        tool = find_tool(name)
        return Additions(tools=(tool,)) if tool and tool not in context.options.tools else Additions()
    library = LibraryResolver(context).missing_library(error)
    return Additions((library,)) if library else Additions()


def _require_optional_libraries(context: BuildContext, built: BuiltWheel) -> None:
    """Raise if the options add the libraries that a successful build has looked for in vain, and there are any."""
    requested = context.options.all_libraries
    libraries = tuple(name for name in missing_libraries(built.degraded) if name not in requested)
    if libraries and context.options.auto == "all":
        missing = _OptionalLibrariesMissingError(f"optional libraries not found: {', '.join(libraries)}")
        missing.libraries = libraries
        raise missing


def _with_additions(context: BuildContext, additions: Additions) -> BuildContext:
    options = context.options
    return replace(
        context,
        options=replace(
            options,
            libraries=(*options.libraries, *additions.libraries),
            tools=(*options.tools, *additions.tools),
        ),
    )


def _build_test_publish(context: BuildContext, source: Source, workspace: Workspace) -> WheelResult:
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
