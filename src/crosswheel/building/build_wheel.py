"""Building one source from nothing: the steps, in order, each a frozen input to the next."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from crosswheel.building.backend_setup import make_hook_runner, script_environment, wrapper_settings
from crosswheel.building.build_environment import create_build_env, install_backend_requires
from crosswheel.building.native_libraries import LibraryResolver
from crosswheel.building.preparing import PIP, run_before_build
from crosswheel.building.scripts import Scripts
from crosswheel.building.target_requirements import resolve_overlays
from crosswheel.building.wheel_cache import BuiltWheel
from crosswheel.environments.build_log import read_declared
from crosswheel.environments.isolated import create_environment
from crosswheel.errors import BuildError
from crosswheel.host.process import preload
from crosswheel.sources.project import read_project
from crosswheel.toolchains.wrappers import run_wrappers
from crosswheel.wheels.edit import edit_wheel, unvendor_tests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from crosswheel.building.options_model import WheelResult
    from crosswheel.building.pipeline import BuildContext
    from crosswheel.building.wheel_cache import WheelCache
    from crosswheel.building.workspace import Workspace
    from crosswheel.sources.model import Source


_LARGE = {"ELF": ("elftools.elf.elffile", "auditwheel.policy")}
"""Large libraries that take part in proving modules of a format; whoever reads the first one imports them."""


def build_wheel(
    context: BuildContext,
    source: Source,
    past: WheelCache,
    place: Workspace,
    build: Callable[[BuildContext, Source], WheelResult],
) -> BuiltWheel:
    """A proven wheel, kept for the next time.

    :param build: builds a source; build requirements that the index has no wheel of are built with it first.
    :raises CrosswheelError: when it cannot be built, or is wrong.
    """
    host, options = context.host, context.options
    with place.clock.step("source"):
        tree = source.checkout(place.root / "source")
        scripts = Scripts(host, tree, options.recipe_directory, place.log)
        scripts.run(options.prepare, "prepare", tree, script_environment(context, source, place))
        project = read_project(tree)
    if project.rust:
        raise BuildError(
            f"not yet: {project.rust} needs a Rust toolchain for {context.target}, which crosswheel cannot bring yet",
            where=source.label,
        )
    with place.clock.step("environment"), host.progress.step("build requirements"):
        first = create_build_env(context, project, past.packages, place)
    with place.clock.step("libraries"):
        native = LibraryResolver(context).build(project, past.packages, place.root)
    settings = native.apply_to(wrapper_settings(context, place, tree))
    with run_wrappers(host, context.toolchain, settings, place.tools, place.calls) as tools:
        hooks = make_hook_runner(context, source, project, place, first, tools, tree, native)
        hooks = replace(hooks, env=scripts.run(options.before_backend, "before-backend", tree, hooks.env))
        # A fifth of a second, at hand while programs run.
        preload("crosswheel.building.repair_and_audit", *_LARGE.get(context.target.system.binaries, ()), "rich.table")
        if options.before_build:
            with place.clock.step("before-build"):
                _before_build(context, past, place, hooks.env, tree)
        with place.clock.step("environment"):
            environment = install_backend_requires(first, hooks.requirements(), place)
        with place.clock.step("overlays"):
            side = resolve_overlays(context, environment, place.overlays, build)
            tools.update_settings(replace(settings, overlays=side.overlaid))
        with place.clock.step("build"), host.progress.step("building"):
            raw = hooks.build_wheel(place.raw)
    beside = _altered(context, source, raw, scripts, place)
    from crosswheel.building.repair_and_audit import repair_and_audit

    declared = read_declared(place.root / "declared.jsonl").names
    repaired = repair_and_audit(context, source, raw, declared, place, native)
    made = BuiltWheel(
        repaired.path, repaired.pure, beside, (*place.notes(pure=repaired.pure), *side.notes), side.wheels
    )
    with place.clock.step("store"):
        past.store(project, first, environment, made)
    return made


def _before_build(
    context: BuildContext, past: WheelCache, place: Workspace, env: Mapping[str, str], tree: Path
) -> None:
    """Run the project's commands before its build.

    What they install goes into an environment of their own: only what a project declares is in the one it is built
    in. Without isolation both are the same.
    """
    own: dict[str, str] = {}
    if context.options.isolation:
        directory = place.root / "before-build"
        made = create_environment(context.host, context.build_python, directory, PIP, place.log, packages=past.packages)
        own = {"PATH": f"{made.bin}:{env['PATH']}", "VIRTUAL_ENV": str(made.directory), **context.index.pip_environ()}
    run_before_build(context.host, context.options.before_build, {**env, **own}, tree, place.log)


def _altered(context: BuildContext, source: Source, raw: Path, scripts: Scripts, place: Workspace) -> tuple[Path, ...]:
    """What was taken out of a wheel, after it was changed as its recipe wants it."""
    options = context.options
    if options.after_build:
        env = script_environment(context, source, place)
        edit_wheel(raw, partial(scripts.run, options.after_build, "after-build", env=env), source.epoch)
    tests = place.finished / f"{source.label}-tests.tar.gz"
    if options.unvendor_tests:
        edit_wheel(raw, partial(unvendor_tests, archive=tests, kept=options.retain_tests), source.epoch)
    return (tests,) if tests.is_file() else ()
