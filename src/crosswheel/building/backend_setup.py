"""How compiler wrappers, scripts and the build backend are configured for the target and the options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.build_systems import BuildSite, configure
from crosswheel.build_systems.python_config import package_command
from crosswheel.environments.cross_venv import CrossVenv
from crosswheel.environments.hooks import HookRunner
from crosswheel.environments.isolated import backend_environ
from crosswheel.host.machine import SYSTEM_DIRECTORIES
from crosswheel.runners import find_runner
from crosswheel.runners.programs import TargetPrograms
from crosswheel.settings.variable_expansion import expand_environment, fill_placeholders
from crosswheel.toolchains.fortran.prototypes import has_fortran
from crosswheel.toolchains.model import CallSettings, FortranBuild, UserFlags
from crosswheel.toolchains.tool_names import RUN_PROGRAM, RUN_PYTHON

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswheel.build_systems import Configuration
    from crosswheel.building.context import BuildContext
    from crosswheel.building.native_libraries import NativeLibraries
    from crosswheel.building.workspace import Workspace
    from crosswheel.environments.build_tools import BuildTools
    from crosswheel.environments.isolated import BuildEnvironment
    from crosswheel.sealing import Sandbox
    from crosswheel.sources.model import Source
    from crosswheel.sources.project import Project
    from crosswheel.toolchains.wrappers import Wrappers


def script_environment(
    context: BuildContext, source: Source, workspace: Workspace, build_tools: BuildTools
) -> dict[str, str]:
    """Return the environment variables of scripts that run outside of the backend's environment.

    The compiler wrappers are not on their PATH.

    :param build_tools: the programs of the build machine that the options request.
    """
    env = backend_environ(
        workspace.sandbox,
        path=build_tools.path,
        virtual_env=workspace.environment,
        epoch=source.epoch,
        jobs=context.host.jobs,
        extra={**_git_environ(workspace), **build_tools.environ, "PYTHON": str(context.build_python.executable)},
    )
    return expand_environment(workspace.sandbox, context.options.environment, env, workspace.root)


def wrapper_settings(context: BuildContext, workspace: Workspace, tree: Path) -> CallSettings:
    """Return the settings of the compiler wrappers, without native libraries.

    The build Python's header directory is mapped to that of the target's Python. System directories of the build
    machine are removed, but for the build's own files below them.

    :param tree: the source tree.
    """
    build_python, target_python = context.build_python, context.target_python
    build_includes = {str(build_python.include), str(build_python.include.resolve())}
    fortran = FortranBuild(str(workspace.root / "fortran"), str(tree), context.options.fix_fortran_prototypes)
    return CallSettings(
        path_map=tuple((path, str(target_python.include)) for path in sorted(build_includes)),
        removed_paths=(*SYSTEM_DIRECTORIES, str(build_python.include.parent)),
        kept_paths=(str(workspace.root), str(context.host.cache), str(tree)),
        user_flags=UserFlags(context.options.cflags, context.options.cxxflags, context.options.ldflags),
        extra_compile=(
            f"-ffile-prefix-map={workspace.root}=.",
            f"-ffile-prefix-map={context.host.cache}=.",  # assert() compiles the paths of headers in
            f"-I{target_python.include}",
        ),
        extra_link=(f"-L{target_python.library.parent}",) if target_python.library else (),
        exports=context.options.export_symbols,
        fortran=fortran if has_fortran(tree) else None,
        allowed_undefined=context.options.allow_undefined,
        python_package=_python_package(context, workspace),
    )


def _python_package(context: BuildContext, workspace: Workspace) -> tuple[str, ...]:
    program = context.host.program("pkgconf")
    return package_command(program, workspace.configuration, workspace.root / "libraries") if program else ()


def make_hook_runner(
    context: BuildContext, source: Source, project: Project, workspace: Workspace, environment: BuildEnvironment,
    tools: Wrappers, tree: Path, native_libraries: NativeLibraries, build_tools: BuildTools,
) -> HookRunner:  # fmt: skip
    """Return a runner of the backend's hooks, configured for the target.

    The configuration consists of environment variables, config settings, and files in ``workspace.configuration``.

    :param tools: the running compiler wrappers.
    :param tree: the source tree.
    :param build_tools: programs of the build machine that the build requires.
    """
    site = BuildSite(
        target=context.target,
        python=context.target_python,
        tools=tools,
        compiler_id=context.toolchain.compiler_id,
        directory=workspace.configuration,
        root=workspace.root,
        environment_bin=environment.bin,
        exe_wrapper=Path(tools[RUN_PROGRAM]) if runs_programs(context) else None,
        jobs=context.host.jobs,
        libraries=native_libraries.directory,
        paths=workspace.sandbox.paths,
        names_build_directory=project.names_build_directory,
    )
    configuration = configure(site, project.backend)
    _write_cross_venv(context, workspace, tools)
    env = backend_environ(
        workspace.sandbox,
        path=(tools.directory, *configuration.path, *native_libraries.path, *environment.path, *build_tools.path),
        virtual_env=environment.directory,
        epoch=source.epoch,
        jobs=context.host.jobs,
        extra={
            **_git_environ(workspace),
            **context.target.variables(),
            "MAKEFLAGS": f"-j{context.host.jobs}",  # a jobserver of the build's own make replaces it
            **build_tools.environ,
            **configuration.env,
            **tools.environ,
            "CROSSWHEEL_DECLARED": str(workspace.declared_extensions),
        },
    )
    env = expand_environment(workspace.sandbox, context.options.environment, env, tree)
    settings = _config_settings(configuration, context.options.config_settings, tree)
    return HookRunner(
        workspace.sandbox, tree, environment.python, project.backend, project.backend_path, env, workspace.log, settings
    )


def _git_environ(workspace: Workspace) -> dict[str, str]:
    """Return the variables by which git reads the repository of the sources, with any owner, and no other one."""
    return {
        "GIT_CEILING_DIRECTORIES": str(workspace.root),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
    }


def _write_cross_venv(context: BuildContext, workspace: Workspace, tools: Wrappers) -> None:
    """Write the file by which Pythons in the build's environments report the target's configuration.

    The hook in them finds it by its path relative to the environment.
    """
    link_options = context.target.system.linking
    compilers = {
        "CC": tools["cc"],
        "CXX": tools["c++"],
        "AR": tools["ar"],
        "LDSHARED": f"{tools['cc']} {link_options}",
        "LDCXXSHARED": f"{tools['c++']} {link_options}",
        "RANLIB": tools["ranlib"],
    }
    support = find_runner(context.host, context.target, context.python)[1]
    python, native = context.target_python, context.build_python
    facts = CrossVenv(python, native, compilers, tools[RUN_PYTHON], support.reason)
    facts.write(workspace.configuration / "cross-venv.json", workspace.sandbox.paths)


def _config_settings(
    configuration: Configuration, requested: Mapping[str, tuple[str, ...]], tree: Path
) -> dict[str, tuple[str, ...]]:
    """Merge the config settings: the user's values follow those for the target, and replace only defaults."""
    merged = dict(configuration.config_settings)
    for key, values in requested.items():
        merged[key] = merged.get(key, ()) + tuple(fill_placeholders(value, project=tree) for value in values)
    return {**configuration.defaults, **merged}


def runs_programs(context: BuildContext) -> bool:
    """Whether this machine runs programs of the target; what that requires is downloaded when the first one starts."""
    return find_runner(context.host, context.target)[0].runs_programs(context.target)


def needs_exec_hook(context: BuildContext, sandbox: Sandbox) -> bool:
    """Whether programs of the target need a preloaded library to start: the kernel has no rules for them.

    The suffix of programs for Windows may be left out, which no rule covers.
    """
    return not sandbox.has_rules or bool(context.target.system.program_suffix)


def target_programs(context: BuildContext, workspace: Workspace) -> TargetPrograms:
    """Return the planner for programs of the target that the build starts."""
    return TargetPrograms(context.host, context.target, context.python, workspace.root / "programs")
