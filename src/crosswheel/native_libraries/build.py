"""Building one native library: configure, build, install, make relocatable and check it."""

from __future__ import annotations

import shlex
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from crosswheel.build_systems import BuildSite, configure
from crosswheel.build_systems.emscripten_programs import EmscriptenPrograms
from crosswheel.build_systems.meson import CROSS_FILE, NATIVE_FILE
from crosswheel.environments.build_log import diagnose
from crosswheel.environments.build_tools import provide_tools
from crosswheel.environments.isolated import backend_environ
from crosswheel.errors import BuildError, UsageError
from crosswheel.host.files import make_unique_dir, temp_dir_without_blanks, temporary_directory
from crosswheel.host.machine import SYSTEM_DIRECTORIES, architecture, libc
from crosswheel.native_libraries.link_check import check_library
from crosswheel.native_libraries.prefix import (
    InstalledLibrary,
    Prefix,
    macro_options,
    merge_prefixes,
    pkg_config,
    runtime_flags,
    system_options,
)
from crosswheel.native_libraries.relocate import make_relocatable
from crosswheel.native_libraries.steps import BUILD_SYSTEMS, INSTALL_PREFIX, BuildDirs, BuildStep
from crosswheel.sealing import Mount, Sandbox, Seal, open_sandbox
from crosswheel.sealing.network import network_error
from crosswheel.sealing.sandbox import BUILD, RECIPE
from crosswheel.toolchains.model import CallSettings
from crosswheel.toolchains.wrappers import run_wrappers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from crosswheel.environments.build_tools import BuildTools
    from crosswheel.environments.packages import RequirementSource
    from crosswheel.host import Host
    from crosswheel.native_libraries.recipe import Library, LibraryBuildSteps
    from crosswheel.toolchains.model import TargetToolchain
    from crosswheel.toolchains.wrappers import Wrappers

_EPOCH = 315532800
"""SOURCE_DATE_EPOCH of library builds: 1980-01-01, the earliest time that a ZIP file can store."""
_CALLS = "calls.log"


@dataclass(frozen=True)
class LibraryBuild:
    """The build of one library.

    :param dependencies: the installed libraries that it is built with, each after its own dependencies.
    :param packages: where build tools from PyPI are installed from.
    :param keep: whether to keep the build directories, also if the build fails.
    :param seal: how its programs run.
    """

    host: Host
    toolchain: TargetToolchain
    library: Library
    dependencies: tuple[InstalledLibrary, ...]
    packages: RequirementSource
    keep: bool = False
    seal: Seal = field(default_factory=Seal)

    def build(self, sources: Path, destination: Path) -> None:
        """Build the library, and install it relocatably.

        :param sources: a copy of the sources, which the build may modify.
        :param destination: an empty directory.
        :raises BuildError: if a step fails, or the installed files fail the checks.
        """
        host, library = self.host, self.library
        logs = make_unique_dir(host.logs / f"{library.label}-{self.toolchain.target}")
        log = logs / "build.log"
        with (
            temporary_directory(parent=temp_dir_without_blanks(), prefix="crosswheel-library-", keep=self.keep) as root,
            open_sandbox(host, root, self.seal, self._mounts(root, sources)) as sandbox,
        ):
            prefix = merge_prefixes(self.dependencies, root / "libraries")
            tools = provide_tools(host, self._tools, self.packages, log)
            settings = self._settings(root, sources, prefix, tools)
            dirs = self._dirs(root, sources)
            wrapper_directory, calls = root / "tools", logs / _CALLS
            with run_wrappers(host, self.toolchain, settings, wrapper_directory, calls, sandbox.paths) as wrappers:
                environ = self._environ(sandbox, wrappers, prefix, tools)
                if reads_recipe(library.build):
                    environ |= self._emscripten_environ(sandbox, dirs, environ["PATH"])
                values = placeholders(self.toolchain, dirs, prefix, environ["CC_FOR_BUILD"])
                environ |= {name: self._expand(value, values) for name, value in library.build.environment.items()}
                for step in self._steps(dirs, values):
                    self._run(sandbox, step, environ, dirs, log)
            make_relocatable(dirs, library, sources, prefix.directory, destination, sandbox.paths)
            (root / "check").mkdir()
            forbidden = (str(root), *self._directories(sandbox, sources, dirs))
            with _add_log(log):
                check_library(
                    host, self.toolchain, library, destination, prefix.archives, settings, forbidden, root / "check"
                )

    def _directories(self, sandbox: Sandbox, sources: Path, dirs: BuildDirs) -> tuple[str, ...]:
        """Return the directories of the build, at the paths of the build machine and at those that its programs see."""
        paths = (sources, dirs.build, dirs.stage, sandbox.root / "libraries", sandbox.root / "tools", self.host.cache)
        return tuple(dict.fromkeys((*map(str, paths), *map(sandbox.inside, paths))))

    def _mounts(self, root: Path, sources: Path) -> tuple[Mount, ...]:
        """Return the directories that programs see elsewhere, or only read: hard links to the cache, the recipe's."""
        read_only = (Mount(root / name, BUILD / name) for name in ("libraries", "tools"))
        recipe = (Mount(self.library.directory, RECIPE),) if reads_recipe(self.library.build) else ()
        return (Mount(sources, BUILD / "source", writable=True), *read_only, *recipe)

    @property
    def _tools(self) -> tuple[str, ...]:
        return required_tools(self.library.build)

    def _dirs(self, root: Path, sources: Path) -> BuildDirs:
        source = sources / self.library.build.directory
        build = source if self.library.build.in_source or self.library.build.system == "make" else root / "build"
        build.mkdir(exist_ok=True)
        return BuildDirs(
            source, build, root / "stage", self.toolchain.target.triple,
            f"{architecture()}-linux-{'gnu' if libc() == 'glibc' else 'musl'}",
            root / "config" / CROSS_FILE, root / "config" / NATIVE_FILE, self.host.jobs,
        )  # fmt: skip

    def _settings(self, root: Path, sources: Path, prefix: Prefix, tools: BuildTools) -> CallSettings:
        program = self.host.program("pkgconf")
        return CallSettings(
            removed_paths=SYSTEM_DIRECTORIES,
            kept_paths=(str(root), str(sources), str(self.host.cache), *map(str, tools.path)),
            user_flags=runtime_flags((*prefix.libraries, self.library)),
            extra_compile=(
                "-fPIC",
                f"-ffile-prefix-map={root}=.",
                f"-ffile-prefix-map={sources}=.",  # in a sealed build below the other, and the last one counts
                *prefix.compile_options,
                *macro_options((self.library,)),
            ),
            extra_link=(*prefix.link_options, *system_options((self.library,))),
            pkg_config=pkg_config(program, prefix.directory) if program else (),
        )

    def _environ(self, sandbox: Sandbox, wrappers: Wrappers, prefix: Prefix, tools: BuildTools) -> dict[str, str]:
        host, root = self.host, sandbox.root
        site = BuildSite(
            target=self.toolchain.target,
            python=None,
            tools=wrappers,
            compiler_id=self.toolchain.compiler_id,
            directory=root / "config",
            root=root,
            environment_bin=root,
            exe_wrapper=None,
            jobs=host.jobs,
            libraries=prefix.directory,
            paths=sandbox.paths,
        )
        return backend_environ(
            sandbox,
            path=(wrappers.directory, *tools.path, prefix.directory / "bin"),
            virtual_env=root,
            epoch=_EPOCH,
            jobs=host.jobs,
            extra={
                # Names without directories, since some builds write the commands into the files that they install.
                **{key: value.removeprefix(f"{wrappers.directory}/") for key, value in configure(site, "").env.items()},
                **tools.environ,
                "CFLAGS": "-O2",
                "CXXFLAGS": "-O2",
            },
        )

    def _emscripten_environ(self, sandbox: Sandbox, dirs: BuildDirs, path: str) -> dict[str, str]:
        """Return the variables of a script that was written for Emscripten, and install its programs."""
        installed = dirs.stage / INSTALL_PREFIX.lstrip("/")
        programs = EmscriptenPrograms.write(sandbox.root / "emscripten", installed, sandbox.paths)
        variables = programs.environ(self.toolchain.target, self.host.jobs)
        return {**variables, "PKGDIR": str(self.library.directory), "PATH": f"{path}:{programs.bin}"}

    def _steps(self, dirs: BuildDirs, values: Mapping[str, str]) -> Iterator[BuildStep]:
        build = self.library.build
        steps = (
            *(BuildStep("prepare", command) for command in build.prepare),
            *BUILD_SYSTEMS[build.system].steps(build, dirs),
            *(BuildStep("finish", command) for command in build.finish),
        )
        for step in steps:
            yield replace(step, command=tuple(self._expand(arg, values) for arg in step.command))

    def _expand(self, text: str, values: Mapping[str, str]) -> str:
        try:
            return text.format_map(values)
        except (KeyError, ValueError, IndexError) as error:
            raise UsageError(
                f"the recipe of {self.library.name} has an unknown placeholder {error} in {text!r}",
                hint=f"known placeholders: {', '.join(values)}",
            ) from error

    def _run(self, sandbox: Sandbox, step: BuildStep, environ: Mapping[str, str], dirs: BuildDirs, log: Path) -> None:
        directory = dirs.source if step.name == "prepare" else dirs.build
        command = f"cd {shlex.quote(str(directory))} && {shlex.join(step.command)}"
        with log.open("a", encoding="utf-8") as stream:
            stream.write(f"--- {step.name} ---\n$ {sandbox.inside(command)}\n")
        offset = log.stat().st_size
        env = {**environ, **step.environ}
        outcome = sandbox.run(*step.command, cwd=directory, env=env, log=log)
        if not outcome.ok:
            output = log.read_bytes()[offset:].decode("utf-8", "replace")
            reason = network_error(self.seal, output) or diagnose(output).what.removeprefix("the build failed: ")
            raise BuildError(
                f"the library {self.library.label} does not build for {self.toolchain.target}: "
                f"{step.name} failed: {reason}",
                where=command,
                hint=self._replay(sandbox, log),
                log=log,
            )

    def _replay(self, sandbox: Sandbox, log: Path) -> str | None:
        """Return the hint how to repeat the compiler calls, or None if there were none."""
        calls = log.with_name(_CALLS)
        if not calls.is_file():
            return None
        if not self.keep:
            return f"build with --keep, and run the lines of {calls}"
        return f"run the lines of {calls} with {sandbox.write_entry()}"


@contextmanager
def _add_log(log: Path) -> Iterator[None]:
    """Set the log of build errors."""
    try:
        yield
    except BuildError as error:
        error.log = log
        raise


def placeholders(toolchain: TargetToolchain, dirs: BuildDirs, prefix: Prefix, build_cc: str) -> dict[str, str]:
    """Return the values of the placeholders that a recipe's commands and environment may contain.

    :param build_cc: the C compiler for programs that run during the build.
    """
    target = toolchain.target
    return {
        "source": str(dirs.source),
        "build": str(dirs.build),
        "stage": str(dirs.stage),
        "libraries": str(prefix.directory),
        "triple": target.triple,
        "build_triple": dirs.build_triple,
        "architecture": target.architecture.name,
        "system": target.system.name,
        "bits": str(target.architecture.bits),
        "jobs": str(dirs.jobs),
        "cc_for_build": build_cc,
        "python": sys.executable,
    }


def reads_recipe(build: LibraryBuildSteps) -> bool:
    """Return whether a build's script, written for Emscripten, may read any file in the recipe's directory."""
    return BUILD_SYSTEMS[build.system].emscripten


def required_tools(build: LibraryBuildSteps) -> tuple[str, ...]:
    """Return the names of the programs that a build runs on the build machine."""
    return (*BUILD_SYSTEMS[build.system].tools, *build.tools)
