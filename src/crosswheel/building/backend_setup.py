"""Telling wrappers, scripts and the build backend of the target and of what was asked for."""

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
from crosswheel.settings.placeholders import fill_placeholders
from crosswheel.settings.variable_expansion import expand_environment
from crosswheel.toolchains.fortran.survey import has_fortran
from crosswheel.toolchains.model import CallSettings, FortranBuild, UserFlags

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.building.native_libraries import NativeLibraries
    from crosswheel.building.pipeline import BuildContext
    from crosswheel.building.workspace import Workspace
    from crosswheel.environments.isolated import BuildEnvironment
    from crosswheel.sources.model import Source
    from crosswheel.sources.project import Project
    from crosswheel.toolchains.wrappers import Wrappers


def script_environment(context: BuildContext, source: Source, place: Workspace) -> dict[str, str]:
    """The variables of scripts that do not compile."""
    env = backend_environ(
        context.host.environ,
        path=(),
        virtual_env=place.environment,
        epoch=source.epoch,
        jobs=context.host.jobs,
        extra={"PYTHON": str(context.build_python.executable)},
    )
    return expand_environment(context.host, context.options.environment, env, place.root)


def wrapper_settings(context: BuildContext, place: Workspace, tree: Path) -> CallSettings:
    """What the wrappers must know: headers of the build Python are the target's, /usr is nobody's."""
    base = context.build_python
    own = {str(base.include), str(base.include.resolve())}
    fortran = FortranBuild(str(place.root / "fortran"), str(tree), context.options.fix_fortran_prototypes)
    return CallSettings(
        path_map=tuple((path, str(context.target_python.include)) for path in sorted(own)),
        removed_paths=(*SYSTEM_DIRECTORIES, str(base.include.parent)),
        kept_paths=(str(place.root), str(context.host.cache), str(tree)),
        user_flags=UserFlags(context.options.cflags, context.options.cxxflags, context.options.ldflags),
        extra_compile=(
            f"-ffile-prefix-map={place.root}=.",
            f"-ffile-prefix-map={context.host.cache}=.",  # assert() names headers
            f"-I{context.target_python.include}",
        ),
        extra_link=(f"-L{library.parent}",) if (library := context.target_python.library) else (),
        exports=context.options.export_symbols,
        fortran=fortran if has_fortran(tree) else None,
        allowed_undefined=context.options.allow_undefined,
    )


def make_hook_runner(
    context: BuildContext, source: Source, project: Project, place: Workspace, environment: BuildEnvironment,
    tools: Wrappers, tree: Path, native: NativeLibraries,
) -> HookRunner:  # fmt: skip
    """The backend's hooks, run in an environment that tells every build system of the target."""
    site = BuildSite(
        target=context.target,
        python=context.target_python,
        tools=tools,
        compiler_id=context.toolchain.compiler_id,
        directory=place.configuration,
        root=place.root,
        environment_bin=environment.bin,
        run=_run_program(context, place),
        jobs=context.host.jobs,
        libraries=native.directory,
    )
    configuration = configure(site, project.backend)
    link = context.target.system.linking
    linking = {"CC": tools["cc"], "CXX": tools["c++"], "AR": tools["ar"], "LDSHARED": f"{tools['cc']} {link}",
               "LDCXXSHARED": f"{tools['c++']} {link}", "RANLIB": tools["ranlib"]}  # fmt: skip
    pretence = CrossVenv(context.target_python, linking).write(place.configuration / "pretence.json")
    env = backend_environ(
        context.host.environ,
        path=(tools.directory, *native.path, *environment.path),
        virtual_env=environment.directory,
        epoch=source.epoch,
        jobs=context.host.jobs,
        extra={
            **context.target.variables(),
            **configuration.env,
            "CROSSWHEEL_CROSS_VENV": str(pretence),
            "CROSSWHEEL_DECLARED": str(place.root / "declared.jsonl"),
        },
    )
    env = expand_environment(context.host, context.options.environment, env, tree)
    chosen = dict(configuration.config_settings)
    for key, values in context.options.config_settings.items():
        chosen[key] = chosen.get(key, ()) + tuple(fill_placeholders(value, project=tree) for value in values)
    chosen = {**configuration.defaults, **chosen}
    return HookRunner(
        context.host, tree, environment.python, project.backend, project.backend_path, env, place.log, chosen
    )


def _run_program(context: BuildContext, place: Workspace) -> Path | None:
    """A program that runs programs of the target; what that takes is fetched when it is first called."""
    if not find_runner(context.host, context.target)[0].runs_programs(context.target):
        return None
    text = (
        "#!/bin/sh\n# Runs a program of the target, for the few checks that compiling cannot answer.\n"
        f"unset CROSSWHEEL_CROSS_VENV PYTHONPATH\nexport CROSSWHEEL_CACHE_DIR='{context.host.cache}'\n"
        f"exec '{sys.executable}' -m crosswheel.runners.run_program '{context.target}' \"$@\"\n"
    )
    return write_atomic(place.root / "run-for-target", text, mode=0o755)
