"""Building one source from nothing: the steps, in order, each a frozen input to the next."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from crosswheel.building.backend_setup import call_settings, hook_runner, plain_environ
from crosswheel.building.build_environment import first_environment, with_more
from crosswheel.building.native_libraries import Wanted
from crosswheel.building.preparing import PIP, run_before_build
from crosswheel.building.scripts import Scripts
from crosswheel.building.target_requirements import target_side
from crosswheel.building.wheel_cache import Made
from crosswheel.environments.declared_extensions import read_declared
from crosswheel.environments.isolated import make_environment
from crosswheel.errors import BuildError
from crosswheel.host.preload import import_ahead
from crosswheel.sources.project import read_project
from crosswheel.toolchains.wrappers import wrappers
from crosswheel.wheels.edit import alter, take_tests_out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from crosswheel.building.options_model import WheelResult
    from crosswheel.building.pipeline import Ground
    from crosswheel.building.wheel_cache import Past
    from crosswheel.building.workspace import Workspace
    from crosswheel.sources.model import Source


_LARGE = {"ELF": ("elftools.elf.elffile", "auditwheel.policy")}
"""Large libraries that take part in proving modules of a format; whoever reads the first one imports them."""


def build_anew(
    ground: Ground, source: Source, past: Past, place: Workspace, build: Callable[[Ground, Source], WheelResult]
) -> Made:
    """A proven wheel, kept for the next time.

    :param build: builds a source; build requirements that the index has no wheel of are built with it first.
    :raises CrosswheelError: when it cannot be built, or is wrong.
    """
    host, options = ground.host, ground.options
    with place.clock.step("source"):
        tree = source.checkout(place.root / "source")
        scripts = Scripts(host, tree, options.recipe_directory, place.log)
        scripts.run(options.prepare, "prepare", tree, plain_environ(ground, source, place))
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
        # A fifth of a second, at hand while programs run.
        import_ahead(
            "crosswheel.building.repair_and_audit", *_LARGE.get(ground.target.system.binaries, ()), "rich.table"
        )
        if options.before_build:
            with place.clock.step("before-build"):
                _before_build(ground, past, place, hooks.env, tree)
        with place.clock.step("environment"):
            environment = with_more(first, hooks.requirements(), place)
        with place.clock.step("overlays"):
            side = target_side(ground, environment, place.overlays, build)
            tools.adopt(replace(settings, overlaid=side.overlaid))
        with place.clock.step("build"), host.progress.step("building"):
            raw = hooks.build_wheel(place.raw)
    beside = _altered(ground, source, raw, scripts, place)
    from crosswheel.building.repair_and_audit import finish

    declared = read_declared(place.root / "declared.jsonl").names
    repaired = finish(ground, source, raw, declared, place, native)
    made = Made(repaired.path, repaired.pure, beside, (*place.notes(pure=repaired.pure), *side.notes), side.wheels)
    with place.clock.step("store"):
        past.keep(project, first, environment, made)
    return made


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
        env = plain_environ(ground, source, place)
        alter(raw, partial(scripts.run, options.after_build, "after-build", env=env), source.epoch)
    tests = place.finished / f"{source.label}-tests.tar.gz"
    if options.unvendor_tests:
        alter(raw, partial(take_tests_out, archive=tests, kept=options.retain_tests), source.epoch)
    return (tests,) if tests.is_file() else ()
