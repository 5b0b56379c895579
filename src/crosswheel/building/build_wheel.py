"""The steps of building one wheel, in order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from crosswheel.building.backend_setup import (
    make_hook_runner,
    needs_exec_hook,
    script_environment,
    target_programs,
    wrapper_settings,
)
from crosswheel.building.build_environment import create_build_env, install_backend_requires
from crosswheel.building.degraded import BuildEvidence, extension_modules, find_degradations
from crosswheel.building.native_libraries import LibraryResolver
from crosswheel.building.pyodide_recipe import add_pyodide_variables, expand_flags, expand_settings, flags_of_scripts
from crosswheel.building.scripts import BEFORE_BUILD_REQUIRES, Scripts, run_before_build
from crosswheel.building.seal import check_commands, seen_directories
from crosswheel.building.sharing import has_native_code
from crosswheel.building.target_requirements import resolve_overlays
from crosswheel.building.wheel_cache import BuiltWheel
from crosswheel.environments.build_log import read_declared
from crosswheel.environments.build_tools import provide_tools
from crosswheel.environments.isolated import create_environment
from crosswheel.errors import BuildError
from crosswheel.host.files import plain_name, read_log
from crosswheel.host.process import preload
from crosswheel.platforms import platform_of
from crosswheel.sealing import Mount
from crosswheel.sealing.sandbox import BUILD
from crosswheel.sources.project import read_project
from crosswheel.toolchains.wrappers import run_wrappers
from crosswheel.wheels.archive import WheelName
from crosswheel.wheels.edit import edit_wheel, unvendor_tests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from crosswheel.building.context import BuildContext
    from crosswheel.building.degraded import Degradation
    from crosswheel.building.native_libraries import NativeLibraries
    from crosswheel.building.openmp import OpenMp
    from crosswheel.building.results import WheelResult
    from crosswheel.building.target_requirements import TargetOverlays
    from crosswheel.building.wheel_cache import WheelCache
    from crosswheel.building.workspace import Workspace
    from crosswheel.environments.build_tools import BuildTools
    from crosswheel.environments.isolated import BuildEnvironment
    from crosswheel.environments.packages import RequirementSource
    from crosswheel.sources.model import Source
    from crosswheel.sources.project import Project
    from crosswheel.wheels.repair import RepairedWheel


def build_wheel(
    context: BuildContext,
    source: Source,
    wheel_cache: WheelCache,
    workspace: Workspace,
    build_dependency: Callable[[BuildContext, Source], WheelResult],
) -> BuiltWheel:
    """Build, repair and audit the wheel of a source, and store it in the cache.

    :param build_dependency: builds a source; called for build requirements that have no wheel for the target.
    :returns: the wheel, in the workspace.
    :raises CrosswheelError: if a step fails or the wheel fails the audit.
    """
    check_commands(context.seal, context.options)
    workspace = workspace.with_mounts(*seen_directories(context.options, source))
    if not context.options.isolation:  # without hard links, and where before-build commands install
        workspace = workspace.with_mounts(Mount(workspace.environment, BUILD / "env", writable=True))
    remarks: list[str] = []
    with workspace.clock.step("source"):
        tree = source.checkout(workspace.source_root, remarks.append)
    steps = _Steps(context, source, tree, workspace, wheel_cache.packages)
    project = steps.prepare_source()
    native_code = has_native_code(tree, project)
    base_environment = steps.create_environment(project)
    native_libraries = steps.build_native_libraries(project)
    output = steps.run_backend(project, base_environment, native_libraries, build_dependency)
    native_libraries = native_libraries.with_openmp(steps.openmp, read_log(workspace.calls))
    extra_files = steps.edit_wheel(output.wheel, output.env)
    repaired = steps.repair_and_audit(output.wheel, native_libraries)
    degraded = steps.find_degradations(repaired, native_libraries)
    built = BuiltWheel(
        repaired.path,
        repaired.pure,
        extra_files,
        notes=(*remarks, *workspace.notes(pure=repaired.pure), *output.overlays.notes),
        dependency_wheels=output.overlays.wheels,
        shareable=_is_shareable(repaired, has_native_code=native_code),
        degraded=degraded,
        source_tree=tree,
        seal=workspace.sandbox.record(),
    )
    with workspace.clock.step("store"):
        wheel_cache.store(project, base_environment, output.environment, built)
    return built


def _is_shareable(wheel: RepairedWheel, *, has_native_code: bool) -> bool:
    """Return whether a wheel serves the other Pythons that its name includes, and the other targets if it is pure."""
    if wheel.pure:
        return not has_native_code
    return not {"abi3", "none"}.isdisjoint(WheelName.parse(wheel.path.name).abis)


@dataclass(frozen=True)
class _BackendOutput:
    """The backend's wheel, and what it was built with.

    :param env: the environment variables of the backend.
    """

    wheel: Path
    environment: BuildEnvironment
    overlays: TargetOverlays
    env: Mapping[str, str]


@dataclass(frozen=True)
class _Steps:
    """The steps, in the order of :func:`build_wheel`.

    :param tree: the source tree.
    :param packages: where build requirements are installed from.
    """

    context: BuildContext
    source: Source
    tree: Path
    workspace: Workspace
    packages: RequirementSource

    def prepare_source(self) -> Project:
        """Run the script ``prepare`` in the source tree, and read the project's metadata."""
        with self.workspace.clock.step("source"):
            self._scripts.run(self.context.options.prepare, "prepare", self.tree, self._script_environment())
            project = read_project(self.tree)
        if project.rust:
            raise BuildError(
                f"not supported yet: {project.rust} requires a Rust toolchain for {self.context.target}",
                where=self.source.label,
            )
        return project

    def create_environment(self, project: Project) -> BuildEnvironment:
        """Create the build environment, without the requirements that only the backend knows."""
        with self.workspace.clock.step("environment"), self.context.host.progress.step("build requirements"):
            return create_build_env(self.context, project, self.packages, self.workspace)

    def build_native_libraries(self, project: Project) -> NativeLibraries:
        """Build the native libraries that the options or the project request."""
        with self.workspace.clock.step("libraries"):
            return LibraryResolver(self.context).build(project, self.packages, self.workspace.sandbox)

    def run_backend(
        self,
        project: Project,
        base_environment: BuildEnvironment,
        native_libraries: NativeLibraries,
        build_dependency: Callable[[BuildContext, Source], WheelResult],
    ) -> _BackendOutput:
        """Run the build backend (PEP 517) with compiler wrappers; before that, everything that prepares it."""
        context, workspace, host = self.context, self.workspace, self.context.host
        settings = self.openmp.apply_to(native_libraries.apply_to(wrapper_settings(context, workspace, self.tree)))
        toolchain = self.openmp.extend(context.toolchain)
        sandbox, programs = workspace.sandbox, target_programs(context, workspace)
        with run_wrappers(
            host, toolchain, settings, workspace.tools, workspace.calls, sandbox.paths, programs,
            exec_hook=needs_exec_hook(context, sandbox),
        ) as tools:  # fmt: skip
            hooks = make_hook_runner(
                context, self.source, project, workspace, base_environment, tools, self.tree, native_libraries,
                self._build_tools(project.build_tools),
            )  # fmt: skip
            env = hooks.env
            if context.options.pyodide_variables:
                tools.update_settings(replace(settings, user_flags=flags_of_scripts(settings.user_flags)))
                env = add_pyodide_variables(env, context, workspace, base_environment, native_libraries)
            script = context.options.before_backend
            hooks = replace(hooks, env=self._scripts.run(script, "before-backend", self.tree, env))
            if context.options.pyodide_variables:
                settings = replace(settings, user_flags=expand_flags(settings.user_flags, hooks.env))
                tools.update_settings(settings)
                hooks = replace(hooks, settings=expand_settings(hooks.settings, hooks.env))
            # Importing these takes a fifth of a second, which costs nothing while other programs run.
            format_modules = platform_of(context.target).audit_modules
            preload("crosswheel.building.repair_and_audit", *format_modules, "rich.table")
            self.run_before_build(hooks.env)
            with workspace.clock.step("environment"):
                environment = install_backend_requires(base_environment, hooks.requirements(), workspace)
            with workspace.clock.step("overlays"):
                overlays = resolve_overlays(context, environment, workspace.overlays, build_dependency)
                tools.update_settings(replace(settings, overlays=overlays.overlaid))
            with workspace.clock.step("build"), host.progress.step("building"):
                wheel = hooks.build_wheel(workspace.raw)
        return _BackendOutput(wheel, environment, overlays, hooks.env)

    def run_before_build(self, env: Mapping[str, str]) -> None:
        """Run the commands of the option ``before_build`` in the sources.

        They get an environment of their own to install into, since the build environment must contain only declared
        requirements. Without isolation they run in the build environment.
        """
        context, workspace = self.context, self.workspace
        if not context.options.before_build:
            return
        with workspace.clock.step("before-build"):
            if context.options.isolation:
                environment = create_environment(
                    context.host, context.build_python, workspace.root / "before-build", BEFORE_BUILD_REQUIRES,
                    workspace.log, packages=self.packages, writable=True,
                )  # fmt: skip
                env = {
                    **env,
                    "PATH": f"{environment.bin}:{env['PATH']}",
                    "VIRTUAL_ENV": str(environment.directory),
                    **context.index.pip_environ(),
                }
            run_before_build(workspace.sandbox, context.options.before_build, env, self.tree, workspace.log)

    def edit_wheel(self, wheel: Path, backend_env: Mapping[str, str]) -> tuple[Path, ...]:
        """Run the script ``after_build`` in the unpacked wheel, and move tests into an archive if requested.

        :param backend_env: the backend's environment variables, which scripts of Pyodide's recipes have too.
        :returns: files to publish with the wheel.
        """
        options, epoch = self.context.options, self.source.epoch
        if options.after_build:
            env = backend_env if options.pyodide_variables else self._script_environment()
            change = partial(self._scripts.run, options.after_build, "after-build", env=env)
            edit_wheel(wheel, change, epoch, self.workspace.root)
        tests = self.workspace.finished / f"{plain_name(self.source.label)}-tests.tar.gz"
        if options.unvendor_tests:
            edit_wheel(wheel, partial(unvendor_tests, archive=tests, kept=options.retain_tests), epoch)
        return (tests,) if tests.is_file() else ()

    def repair_and_audit(self, wheel: Path, native_libraries: NativeLibraries) -> RepairedWheel:
        """Repair the backend's wheel, and audit it."""
        # Preloaded while the backend runs: see run_backend.
        from crosswheel.building.repair_and_audit import repair_and_audit

        declared = read_declared(self.workspace.declared_extensions).names
        return repair_and_audit(self.context, self.source, wheel, declared, self.workspace, native_libraries)

    def find_degradations(self, repaired: RepairedWheel, native_libraries: NativeLibraries) -> tuple[Degradation, ...]:
        """Return what the build has lost on the way."""
        workspace, prefix = self.workspace, native_libraries.prefix
        evidence = BuildEvidence(
            # Compilers name files by the paths that they see.
            log=read_log(workspace.log).replace(f"{workspace.sandbox.inside(self.tree)}/", f"{self.tree}/"),
            calls=workspace.sandbox.paths.inside(read_log(workspace.calls)),
            tree=self.tree,
            declared=read_declared(workspace.declared_extensions),
            modules=extension_modules(repaired.path),
            libraries=frozenset(library.name for library in prefix.libraries) if prefix else frozenset(),
        )
        return find_degradations(evidence, self.context.recipes.catalogue)

    @cached_property
    def openmp(self) -> OpenMp:
        """The OpenMP library, for builds that enable OpenMP."""
        return LibraryResolver(self.context).openmp(self.packages)

    @cached_property
    def _scripts(self) -> Scripts:
        context, workspace = self.context, self.workspace
        return Scripts(workspace.sandbox, self.tree, context.options.recipe_directory, workspace.log)

    def _script_environment(self) -> dict[str, str]:
        return script_environment(self.context, self.source, self.workspace, self._build_tools())

    def _build_tools(self, names: tuple[str, ...] = ()) -> BuildTools:
        """Return the programs of the build machine that the options request.

        :param names: those of the project's metadata.
        """
        host, requested = self.context.host, self.context.options.tools
        return provide_tools(host, (*requested, *names), self.packages, self.workspace.log)
