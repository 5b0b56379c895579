"""How compiler wrappers, scripts and the build backend are configured for the target and the options."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from crosswheel.build_systems import BuildSite, configure
from crosswheel.environments.cross_venv import CrossVenv
from crosswheel.environments.hooks import HookRunner
from crosswheel.environments.isolated import backend_environ
from crosswheel.host.files import write_atomic
from crosswheel.host.machine import SYSTEM_DIRECTORIES
from crosswheel.runners import find_runner
from crosswheel.settings.variable_expansion import expand_environment, fill_placeholders
from crosswheel.toolchains.fortran.prototypes import has_fortran
from crosswheel.toolchains.model import CallSettings, FortranBuild, UserFlags

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.build_systems import Configuration
    from crosswheel.building.context import BuildContext
    from crosswheel.building.native_libraries import NativeLibraries
    from crosswheel.building.workspace import Workspace
    from crosswheel.environments.build_tools import BuildTools
    from crosswheel.environments.isolated import BuildEnvironment
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
        context.host.environ,
        path=build_tools.path,
        virtual_env=workspace.environment,
        epoch=source.epoch,
        jobs=context.host.jobs,
        extra={**build_tools.environ, "PYTHON": str(context.build_python.executable)},
    )
    return expand_environment(context.host, context.options.environment, env, workspace.root)


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
    )


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
        exe_wrapper=_write_run_script(context, workspace),
        jobs=context.host.jobs,
        libraries=native_libraries.directory,
    )
    configuration = configure(site, project.backend)
    env = backend_environ(
        context.host.environ,
        path=(tools.directory, *configuration.path, *native_libraries.path, *environment.path, *build_tools.path),
        virtual_env=environment.directory,
        epoch=source.epoch,
        jobs=context.host.jobs,
        extra={
            **context.target.variables(),
            "MAKEFLAGS": f"-j{context.host.jobs}",  # a jobserver of the build's own make replaces it
            **build_tools.environ,
            **configuration.env,
            "CROSSWHEEL_CROSS_VENV": str(_write_cross_venv(context, workspace, tools)),
            "CROSSWHEEL_DECLARED": str(workspace.declared_extensions),
        },
    )
    env = expand_environment(context.host, context.options.environment, env, tree)
    settings = _config_settings(configuration, context.options.config_settings, tree)
    return HookRunner(
        context.host, tree, environment.python, project.backend, project.backend_path, env, workspace.log, settings
    )


def _write_cross_venv(context: BuildContext, workspace: Workspace, tools: Wrappers) -> Path:
    """Write the file by which Pythons in the build environment report the target's configuration."""
    link_options = context.target.system.linking
    compilers = {
        "CC": tools["cc"],
        "CXX": tools["c++"],
        "AR": tools["ar"],
        "LDSHARED": f"{tools['cc']} {link_options}",
        "LDCXXSHARED": f"{tools['c++']} {link_options}",
        "RANLIB": tools["ranlib"],
    }
    return CrossVenv(context.target_python, compilers).write(workspace.configuration / "cross-venv.json")


def _config_settings(
    configuration: Configuration, requested: Mapping[str, tuple[str, ...]], tree: Path
) -> dict[str, tuple[str, ...]]:
    """Merge the config settings: the user's values follow those for the target, and replace only defaults."""
    merged = dict(configuration.config_settings)
    for key, values in requested.items():
        merged[key] = merged.get(key, ()) + tuple(fill_placeholders(value, project=tree) for value in values)
    return {**configuration.defaults, **merged}


def _write_run_script(context: BuildContext, workspace: Workspace) -> Path | None:
    """Write a program that runs programs of the target, if there is a runner that can.

    What the runner requires is downloaded when the program is first called.
    """
    if not find_runner(context.host, context.target)[0].runs_programs(context.target):
        return None
    text = (
        "#!/bin/sh\n# Runs a program of the target, for the few checks that compiling cannot answer.\n"
        f"unset CROSSWHEEL_CROSS_VENV PYTHONPATH\nexport CROSSWHEEL_CACHE_DIR='{context.host.cache}'\n"
        f"exec '{sys.executable}' -m crosswheel.runners.run_program '{context.target}' \"$@\"\n"
    )
    return write_atomic(workspace.root / "run-for-target", text, mode=0o755)
