"""From a source to a proven wheel: the steps, in order, each a frozen input to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.backends import Site, configure
from crosswheel.building.model import BuildOptions, Stage, WheelResult
from crosswheel.building.workspace import Workspace, workspace
from crosswheel.emulators import find_emulator
from crosswheel.environments.declared import read_declared
from crosswheel.environments.hooks import HookRunner
from crosswheel.environments.isolated import BuildEnvironment, make_environment, make_overlay
from crosswheel.environments.packages import Packages
from crosswheel.environments.pretence import Pretence
from crosswheel.environments.variables import backend_environ
from crosswheel.errors import BuildError, CrosswheelError
from crosswheel.host import Labelled
from crosswheel.host.ahead import import_ahead
from crosswheel.host.files import write_atomic
from crosswheel.sources.project import Project, read_project
from crosswheel.toolchains.fortran.survey import has_fortran
from crosswheel.toolchains.model import CallSettings, FortranBuild
from crosswheel.toolchains.wrappers import wrappers

if TYPE_CHECKING:
    from crosswheel.host import Host
    from crosswheel.pythons.model import BuildPython, TargetPython
    from crosswheel.sources.index import IndexSettings
    from crosswheel.sources.model import Source
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
    """

    host: Host
    target: Target
    version: PythonVersion
    build_python: BuildPython
    target_python: TargetPython
    kit: Kit
    index: IndexSettings
    options: BuildOptions


def build_source(ground: Ground, source: Source) -> WheelResult:
    """Build one source on prepared ground; whatever goes wrong becomes part of the result."""
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
                log=place.log if place.log.is_file() else None,
            )


def _build(ground: Ground, source: Source, place: Workspace) -> WheelResult:
    host = ground.host
    with place.clock.step("source"):
        tree = source.checkout(place.root / "source")
        project = read_project(tree)
    if project.rust:
        raise BuildError(
            f"not yet: {project.rust} needs a Rust toolchain for {ground.target}, which crosswheel cannot bring yet",
            where=source.label,
        )
    with place.clock.step("environment"), host.progress.step("build requirements"):
        environment = _environment(ground, project, place)
    settings = _call_settings(ground, place, tree)
    with wrappers(host, ground.kit, settings, place.tools, place.calls) as tools:
        hooks = _hooks(ground, source, project, place, environment, tools, tree)
        # What proves the wheel reads binaries with large libraries: a fifth of a second, at hand while programs run.
        import_ahead("crosswheel.building.proving", "elftools.elf.elffile", "rich.table")
        with place.clock.step("environment"):
            environment.install(hooks.requirements(), place.log) if ground.options.isolation else None
        with place.clock.step("build"), host.progress.step("building"):
            raw = hooks.build_wheel(place.raw)
    from crosswheel.building.proving import finish

    declared = read_declared(place.root / "declared.jsonl").names
    return finish(ground, source, raw, declared, place, _notes(place))


def _environment(ground: Ground, project: Project, place: Workspace) -> BuildEnvironment:
    if not ground.options.isolation:
        return make_overlay(ground.host, ground.build_python, place.environment)
    constraints = [
        word
        for path in map(_place, ground.options.build_constraints)
        for word in ("--build-constraint", path, "--constraint", path)
    ]
    packages = Packages((*ground.index.uv_options(), *constraints), ground.index.uv_environ())
    return make_environment(
        ground.host, ground.build_python, place.environment, project.requires, place.log, packages=packages
    )


def _place(constraints: str) -> str:
    """A file of constraints by its full path, since uv runs elsewhere; a URL as it is."""
    return constraints if "://" in constraints else str(Path(constraints).absolute())


def _call_settings(ground: Ground, place: Workspace, tree: Path) -> CallSettings:
    """What the wrappers must know: headers of the build Python are the target's, /usr is nobody's."""
    base = ground.build_python
    own = {str(base.include), str(base.include.resolve())}
    fortran = FortranBuild(str(place.root / "fortran"), str(tree), ground.options.mend_fortran)
    return CallSettings(
        mapped=tuple((path, str(ground.target_python.include)) for path in sorted(own)),
        removed=(*_BUILD_MACHINE, str(base.include.parent)),
        kept=(str(place.root), str(ground.host.cache), str(tree)),
        extra_compile=(f"-ffile-prefix-map={place.root}=.", f"-I{ground.target_python.include}"),
        extra_link=(f"-L{library.parent}",) if (library := ground.target_python.library) else (),
        exports=ground.options.export_symbols,
        fortran=fortran if has_fortran(tree) else None,
        missing=ground.options.allow_undefined,
    )


def _hooks(
    ground: Ground, source: Source, project: Project, place: Workspace, environment: BuildEnvironment,
    tools: Wrappers, tree: Path,
) -> HookRunner:  # fmt: skip
    site = Site(
        target=ground.target,
        python=ground.target_python,
        build_python=ground.build_python,
        tools=tools,
        compiler_id=ground.kit.compiler_id,
        directory=place.configuration,
        root=place.root,
        environment_bin=environment.bin,
        run=_run_program(ground, place),
        jobs=ground.host.jobs,
    )
    configuration = configure(site, project.backend)
    link = ground.target.system.linking
    linking = {"CC": tools["cc"], "CXX": tools["c++"], "AR": tools["ar"], "LDSHARED": f"{tools['cc']} {link}",
               "LDCXXSHARED": f"{tools['c++']} {link}", "RANLIB": tools["ranlib"]}  # fmt: skip
    pretence = Pretence(ground.target_python, linking).write(place.configuration / "pretence.json")
    env = backend_environ(
        ground.host.environ,
        path=(tools.directory, *environment.path),
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
