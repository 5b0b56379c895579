"""From a source to a proven wheel: the steps, in order, each a frozen input to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.backends import Site, configure
from crosswheel.building.environment import first_environment, packages_of, with_more
from crosswheel.building.model import Combination
from crosswheel.building.native import Native, Wanted
from crosswheel.building.past import Made, Past
from crosswheel.building.preparing import PIP, run_before_build
from crosswheel.building.recording import recorded
from crosswheel.building.requirements import RequirementMaker, target_side
from crosswheel.building.scripts import Scripts, check_tools
from crosswheel.emulators import find_emulator
from crosswheel.environments.declared import read_declared
from crosswheel.environments.hooks import HookRunner
from crosswheel.environments.isolated import make_environment
from crosswheel.environments.pretence import Pretence
from crosswheel.environments.variables import backend_environ
from crosswheel.errors import BuildError
from crosswheel.host.ahead import import_ahead
from crosswheel.host.files import write_atomic
from crosswheel.settings.expansion import with_variables
from crosswheel.settings.placeholders import filled
from crosswheel.sources.project import Project, read_project
from crosswheel.toolchains.fortran.survey import has_fortran
from crosswheel.toolchains.model import CallSettings, FortranBuild, Given
from crosswheel.toolchains.wrappers import wrappers
from crosswheel.wheels.alter import alter, take_tests_out

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswheel.building.cookbook import Cookbook
    from crosswheel.building.model import WheelResult
    from crosswheel.building.workspace import Workspace
    from crosswheel.environments.isolated import BuildEnvironment
    from crosswheel.overlays import CrossEnv
    from crosswheel.pythons.model import BuildPython, TargetPython
    from crosswheel.sources.model import Source
    from crosswheel.store import Store
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


_LARGE = {"ELF": ("elftools.elf.elffile", "auditwheel.policy")}
"""Large libraries that take part in proving modules of a format; whoever reads the first one imports them."""


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
        from crosswheel.building.release import release

        return release(ground, source, made, place, RequirementMaker(ground, build_source))
    return _build_anew(ground, source, past, place)


def _build_anew(ground: Ground, source: Source, past: Past, place: Workspace) -> WheelResult:
    host, options = ground.host, ground.options
    with place.clock.step("source"):
        tree = source.checkout(place.root / "source")
        scripts = Scripts(host, tree, options.recipe_directory, place.log)
        scripts.run(options.prepare, "prepare", tree, _plain_environ(ground, source, place))
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
        # A fifth of a second, at hand while programs run.
        import_ahead("crosswheel.building.proving", *_LARGE.get(ground.target.system.binaries, ()), "rich.table")
        if options.before_build:
            with place.clock.step("before-build"):
                _before_build(ground, past, place, hooks.env, tree)
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
    made = Made(repaired.path, repaired.pure, beside, (*place.notes(), *side.notes), side.wheels)
    with place.clock.step("store"):
        past.keep(project, first, environment, made)
    return release(ground, source, made, place, RequirementMaker(ground, build_source))


def _before_build(ground: Ground, past: Past, place: Workspace, env: Mapping[str, str], tree: Path) -> None:
    """Run the project's commands before its build.

    What they install goes into an environment of their own: only what a project declares is in the one it is built
    in. Without isolation both are the same.
    """
    own: dict[str, str] = {}
    if ground.options.isolation:
        directory = place.root / "before-build"
        made = make_environment(ground.host, ground.build_python, directory, PIP, place.log, packages=past.packages)
        own = {"PATH": f"{made.bin}:{env['PATH']}", "VIRTUAL_ENV": str(made.directory), **ground.index.pip_environ()}
    run_before_build(ground.host, ground.options.before_build, {**env, **own}, tree, place.log)


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
    env = backend_environ(
        ground.host.environ,
        path=(),
        virtual_env=place.environment,
        epoch=source.epoch,
        jobs=ground.host.jobs,
        extra={"PYTHON": str(ground.build_python.executable)},
    )
    return with_variables(ground.host, ground.options.environment, env, place.root)


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
        extra_compile=(
            f"-ffile-prefix-map={place.root}=.",
            f"-ffile-prefix-map={ground.host.cache}=.",  # assert() names headers
            f"-I{ground.target_python.include}",
        ),
        extra_link=(f"-L{library.parent}",) if (library := ground.target_python.library) else (),
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
        },
    )
    env = with_variables(ground.host, ground.options.environment, env, tree)
    chosen = dict(configuration.config_settings)
    for key, values in ground.options.config_settings.items():
        chosen[key] = chosen.get(key, ()) + tuple(filled(value, project=tree) for value in values)
    chosen = {**configuration.defaults, **chosen}
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
