"""From a source to a proven wheel: the steps, in order, each a frozen input to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.backends import Site, configure
from crosswheel.building.environment import first_environment, packages_of, with_more
from crosswheel.building.model import BuildOptions, Stage, WheelResult
from crosswheel.building.native import Native, Wanted
from crosswheel.building.past import Made, Past
from crosswheel.building.requirements import RequirementMaker, target_side
from crosswheel.building.scripts import Scripts, check_tools
from crosswheel.building.workspace import Workspace, workspace
from crosswheel.emulators import find_emulator
from crosswheel.environments.declared import read_declared
from crosswheel.environments.hooks import HookRunner
from crosswheel.environments.pretence import Pretence
from crosswheel.environments.variables import backend_environ
from crosswheel.errors import BuildError, CrosswheelError
from crosswheel.host import Labelled
from crosswheel.host.ahead import import_ahead
from crosswheel.host.files import write_atomic
from crosswheel.sources.project import Project, read_project
from crosswheel.toolchains.fortran.survey import has_fortran
from crosswheel.toolchains.model import CallSettings, FortranBuild, Given
from crosswheel.toolchains.wrappers import wrappers
from crosswheel.wheels.alter import alter, take_tests_out

if TYPE_CHECKING:
    from crosswheel.building.cookbook import Cookbook
    from crosswheel.environments.isolated import BuildEnvironment
    from crosswheel.host import Host
    from crosswheel.overlays import CrossEnv
    from crosswheel.pythons.model import BuildPython, TargetPython
    from crosswheel.sources.index import IndexSettings
    from crosswheel.sources.model import Source
    from crosswheel.store import Store
    from crosswheel.targets import PythonVersion, Target
    from crosswheel.toolchains.model import Kit
    from crosswheel.toolchains.wrappers import Wrappers

_BUILD_MACHINE = (
    "/usr/include",
    "/usr/local/include",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/lib",
    "/lib64",
    "/opt",
)


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
        scripts.run(options.before_build, "before-build", tree, _plain_environ(ground, source, place))
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
    settings = native.told(_call_settings(ground, place, tree))
    with wrappers(host, ground.kit, settings, place.tools, place.calls) as tools:
        hooks = _hooks(ground, source, project, place, first, tools, tree, native)
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
        env = _plain_environ(ground, source, place)
        alter(raw, partial(scripts.run, options.after_build, "after-build", env=env), source.epoch)
    tests = place.finished / f"{source.label}-tests.tar.gz"
    if options.unvendor_tests:
        alter(raw, partial(take_tests_out, archive=tests, kept=options.retain_tests), source.epoch)
    return (tests,) if tests.is_file() else ()


def _plain_environ(ground: Ground, source: Source, place: Workspace) -> dict[str, str]:
    """The variables of scripts that do not compile."""
    return backend_environ(
        ground.host.environ,
        path=(),
        virtual_env=place.environment,
        epoch=source.epoch,
        jobs=ground.host.jobs,
        extra={**ground.options.environment, "PYTHON": str(ground.build_python.executable)},
    )


def _call_settings(ground: Ground, place: Workspace, tree: Path) -> CallSettings:
    """What the wrappers must know: headers of the build Python are the target's, /usr is nobody's."""
    base = ground.build_python
    own = {str(base.include), str(base.include.resolve())}
    fortran = FortranBuild(str(place.root / "fortran"), str(tree), ground.options.mend_fortran)
    return CallSettings(
        mapped=tuple((path, str(ground.target_python.include)) for path in sorted(own)),
        removed=(*_BUILD_MACHINE, str(base.include.parent)),
        kept=(str(place.root), str(ground.host.cache), str(tree)),
        given=Given(ground.options.cflags, ground.options.cxxflags, ground.options.ldflags),
        extra_compile=(f"-ffile-prefix-map={place.root}=.", f"-I{ground.target_python.include}"),
        exports=ground.options.export_symbols,
        fortran=fortran if has_fortran(tree) else None,
        missing=ground.options.allow_undefined,
    )


def _hooks(
    ground: Ground, source: Source, project: Project, place: Workspace, environment: BuildEnvironment,
    tools: Wrappers, tree: Path, native: Native,
) -> HookRunner:  # fmt: skip
    site = Site(
        target=ground.target,
        python=ground.target_python,
        tools=tools,
        compiler_id=ground.kit.compiler_id,
        directory=place.configuration,
        root=place.root,
        environment_bin=environment.bin,
        run=_run_program(ground, place),
        jobs=ground.host.jobs,
        libraries=native.directory,
    )
    configuration = configure(site, project.backend)
    link = ground.target.system.linking
    linking = {"CC": tools["cc"], "CXX": tools["c++"], "AR": tools["ar"], "LDSHARED": f"{tools['cc']} {link}",
               "LDCXXSHARED": f"{tools['c++']} {link}", "RANLIB": tools["ranlib"]}  # fmt: skip
    pretence = Pretence(ground.target_python, linking).write(place.configuration / "pretence.json")
    env = backend_environ(
        ground.host.environ,
        path=(tools.directory, *native.path, *environment.path),
        virtual_env=environment.directory,
        epoch=source.epoch,
        jobs=ground.host.jobs,
        extra={
            **ground.target.variables(),
            **configuration.env,
            "CROSSWHEEL_PRETENCE": str(pretence),
            "CROSSWHEEL_DECLARED": str(place.root / "declared.jsonl"),
            **ground.options.environment,
        },
    )
    chosen = dict(configuration.config_settings)
    for key, values in ground.options.config_settings.items():
        chosen[key] = chosen.get(key, ()) + values
    return HookRunner(
        ground.host, tree, environment.python, project.backend, project.backend_path, env, place.log, chosen
    )


def _run_program(ground: Ground, place: Workspace) -> Path | None:
    """A program that runs programs of the target; what that takes is fetched when it is first called."""
    import sys

    if not find_emulator(ground.host, ground.target)[0].runs_programs(ground.target):
        return None
    text = (
        "#!/bin/sh\n# Runs a program of the target, for the few checks that compiling cannot answer.\n"
        f"unset CROSSWHEEL_PRETENCE PYTHONPATH\nexport CROSSWHEEL_CACHE_DIR='{ground.host.cache}'\n"
        f"exec '{sys.executable}' -m crosswheel.emulators.run '{ground.target}' \"$@\"\n"
    )
    return write_atomic(place.root / "run-for-target", text, mode=0o755)


def _notes(place: Workspace) -> tuple[str, ...]:
    """What the wrappers changed that a person should know, each thing once."""
    if not place.calls.is_file():
        return ()
    lines = place.calls.read_text("utf-8", "surrogateescape").splitlines()
    said = [line.removeprefix("#   ") for line in lines if line.startswith("#   removed -")]
    return tuple(note for note in dict.fromkeys(said) if "build machine" in note)
