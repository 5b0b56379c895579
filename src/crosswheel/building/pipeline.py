"""From a source to a proven wheel: the steps, in order, each a frozen input to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.building.environment import first_environment, packages_of, with_more
from crosswheel.building.model import BuildOptions, Stage, WheelResult
from crosswheel.building.native import Wanted
from crosswheel.building.past import Made, Past
from crosswheel.building.requirements import RequirementMaker, target_side
from crosswheel.building.scripts import Scripts, check_tools
from crosswheel.building.telling import call_settings, hook_runner, plain_environ
from crosswheel.building.workspace import Workspace, workspace
from crosswheel.environments.declared import read_declared
from crosswheel.errors import BuildError, CrosswheelError
from crosswheel.host import Labelled
from crosswheel.host.ahead import import_ahead
from crosswheel.sources.project import read_project
from crosswheel.toolchains.wrappers import wrappers
from crosswheel.wheels.alter import alter, take_tests_out

if TYPE_CHECKING:
    from crosswheel.building.cookbook import Cookbook
    from crosswheel.host import Host
    from crosswheel.overlays import CrossEnv
    from crosswheel.pythons.model import BuildPython, TargetPython
    from crosswheel.sources.index import IndexSettings
    from crosswheel.sources.model import Source
    from crosswheel.store import Store
    from crosswheel.targets import PythonVersion, Target
    from crosswheel.toolchains.model import Kit


@dataclass(frozen=True)
class Ground:
    """What builds for one target and one Python share.

    :param kit: the toolchain made ready for the target.
    :param index: where packages come from.
    :param store: where artifacts are kept; ``cookbook`` the recipes of packages.
    :param cross_envs: exported overlays that were given.
    :param lineage: the build requirements that this build is part of the build of, the outermost first.
    """

    host: Host
    target: Target
    version: PythonVersion
    build_python: BuildPython
    target_python: TargetPython
    kit: Kit
    index: IndexSettings
    options: BuildOptions
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
    result = _attempt(ground, source)
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


def _attempt(ground: Ground, source: Source) -> WheelResult:
    label = f"{source.label}-{ground.version.abi}-{ground.target}"
    watched = Labelled(ground.host.progress, f"{source.label} {ground.version.abi} {ground.target.alias}")
    ground = replace(ground, host=replace(ground.host, progress=watched))
    with workspace(ground.host, label, keep=ground.options.keep) as place:
        try:
            return _build(ground, source, place)
        except CrosswheelError as error:
            error.log = error.log or (place.log if place.log.is_file() else None)
            return WheelResult(
                source.label,
                ground.target,
                ground.version,
                Stage.FAILED,
                error=error,
                remark=f"kept in {place.root}" if ground.options.keep else "",
                seconds=place.clock.seconds,
                notes=_notes(place),
                libraries=ground.options.libraries,
                log=place.log if place.log.is_file() else None,
            )


def _build(ground: Ground, source: Source, place: Workspace) -> WheelResult:
    check_tools(ground.host, ground.options.tools)
    past = Past(ground, source, packages_of(ground))
    with place.clock.step("store"):
        made = past.find(place.log)
    if made is not None:
        ground.host.progress.note("nothing it is made of has changed: the wheel is from the store")
        from crosswheel.building.release import release

        return release(ground, source, made, place, RequirementMaker(ground, build_source))
    return _build_anew(ground, source, past, place)


def _build_anew(ground: Ground, source: Source, past: Past, place: Workspace) -> WheelResult:
    host, options = ground.host, ground.options
    with place.clock.step("source"):
        tree = source.checkout(place.root / "source")
        scripts = Scripts(host, tree, options.recipe_directory, place.log)
        scripts.run(options.before_build, "before-build", tree, plain_environ(ground, source, place))
        project = read_project(tree)
    if project.rust:
        raise BuildError(
            f"not yet: {project.rust} needs a Rust toolchain for {ground.target}, which crosswheel cannot bring yet",
            where=source.label,
        )
    with place.clock.step("environment"), host.progress.step("build requirements"):
        first = first_environment(ground, project, past.packages, place)
    with place.clock.step("libraries"):
        native = Wanted(ground).provide(project, past.packages, place.root)
    settings = native.told(call_settings(ground, place, tree))
    with wrappers(host, ground.kit, settings, place.tools, place.calls) as tools:
        hooks = hook_runner(ground, source, project, place, first, tools, tree, native)
        hooks = replace(hooks, env=scripts.run(options.before_backend, "before-backend", tree, hooks.env))
        # What proves the wheel reads binaries with large libraries: a fifth of a second, at hand while programs run.
        import_ahead("crosswheel.building.proving", "elftools.elf.elffile", "rich.table")
        with place.clock.step("environment"):
            environment = with_more(first, hooks.requirements(), place)
        with place.clock.step("overlays"):
            side = target_side(ground, environment, place.overlays, build_source)
            tools.adopt(replace(settings, overlaid=side.overlaid))
        with place.clock.step("build"), host.progress.step("building"):
            raw = hooks.build_wheel(place.raw)
    beside = _altered(ground, source, raw, scripts, place)
    from crosswheel.building.proving import finish
    from crosswheel.building.release import release

    declared = read_declared(place.root / "declared.jsonl").names
    repaired = finish(ground, source, raw, declared, place, native.accompanying(raw))
    made = Made(repaired.path, repaired.pure, beside, (*_notes(place), *side.notes), side.wheels)
    with place.clock.step("store"):
        past.keep(project, first, environment, made)
    return release(ground, source, made, place, RequirementMaker(ground, build_source))


def _altered(ground: Ground, source: Source, raw: Path, scripts: Scripts, place: Workspace) -> tuple[Path, ...]:
    """What was taken out of a wheel, after it was changed as its recipe wants it."""
    options = ground.options
    if options.after_build:
        env = plain_environ(ground, source, place)
        alter(raw, partial(scripts.run, options.after_build, "after-build", env=env), source.epoch)
    tests = place.finished / f"{source.label}-tests.tar.gz"
    if options.unvendor_tests:
        alter(raw, partial(take_tests_out, archive=tests, kept=options.retain_tests), source.epoch)
    return (tests,) if tests.is_file() else ()


def _notes(place: Workspace) -> tuple[str, ...]:
    """What the wrappers changed that a person should know, each thing once."""
    if not place.calls.is_file():
        return ()
    lines = place.calls.read_text("utf-8", "surrogateescape").splitlines()
    said = [line.removeprefix("#   ") for line in lines if line.startswith("#   removed -")]
    return tuple(note for note in dict.fromkeys(said) if "build machine" in note)
