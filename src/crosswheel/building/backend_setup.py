"""Telling wrappers, scripts and the build backend of the target and of what was asked for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from crosswheel.build_systems import Site, configure
from crosswheel.environments.cross_venv import Pretence
from crosswheel.environments.hooks import HookRunner
from crosswheel.environments.variables import backend_environ
from crosswheel.host.files import write_atomic
from crosswheel.host.machine import DIRECTORIES
from crosswheel.runners import find_emulator
from crosswheel.settings.placeholders import filled
from crosswheel.settings.variable_expansion import with_variables
from crosswheel.toolchains.fortran.survey import has_fortran
from crosswheel.toolchains.model import CallSettings, FortranBuild, Given

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.building.native_libraries import Native
    from crosswheel.building.pipeline import Ground
    from crosswheel.building.workspace import Workspace
    from crosswheel.environments.isolated import BuildEnvironment
    from crosswheel.sources.model import Source
    from crosswheel.sources.project import Project
    from crosswheel.toolchains.wrappers import Wrappers


def plain_environ(ground: Ground, source: Source, place: Workspace) -> dict[str, str]:
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


def call_settings(ground: Ground, place: Workspace, tree: Path) -> CallSettings:
    """What the wrappers must know: headers of the build Python are the target's, /usr is nobody's."""
    base = ground.build_python
    own = {str(base.include), str(base.include.resolve())}
    fortran = FortranBuild(str(place.root / "fortran"), str(tree), ground.options.mend_fortran)
    return CallSettings(
        mapped=tuple((path, str(ground.target_python.include)) for path in sorted(own)),
        removed=(*DIRECTORIES, str(base.include.parent)),
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


def hook_runner(
    ground: Ground, source: Source, project: Project, place: Workspace, environment: BuildEnvironment,
    tools: Wrappers, tree: Path, native: Native,
) -> HookRunner:  # fmt: skip
    """The backend's hooks, run in an environment that tells every build system of the target."""
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
            "CROSSWHEEL_CROSS_VENV": str(pretence),
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
    if not find_emulator(ground.host, ground.target)[0].runs_programs(ground.target):
        return None
    text = (
        "#!/bin/sh\n# Runs a program of the target, for the few checks that compiling cannot answer.\n"
        f"unset CROSSWHEEL_CROSS_VENV PYTHONPATH\nexport CROSSWHEEL_CACHE_DIR='{ground.host.cache}'\n"
        f"exec '{sys.executable}' -m crosswheel.runners.run_program '{ground.target}' \"$@\"\n"
    )
    return write_atomic(place.root / "run-for-target", text, mode=0o755)
