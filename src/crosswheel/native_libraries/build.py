"""Building one library: configured, made, installed, settled, proven; or an error that says which of these failed."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crosswheel.build_systems import BuildSite, configure
from crosswheel.environments.build_log import diagnose
from crosswheel.environments.variables import backend_environ
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
    runtime_options,
    system_options,
)
from crosswheel.native_libraries.relocate import make_relocatable
from crosswheel.native_libraries.steps import BUILD_SYSTEMS, BuildDirs, BuildStep
from crosswheel.native_libraries.tools import compiler_for_build, provide_tools
from crosswheel.toolchains.model import CallSettings
from crosswheel.toolchains.wrappers import run_wrappers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from crosswheel.environments.packages import RequirementSource
    from crosswheel.host import Host
    from crosswheel.native_libraries.recipe import Library, LibraryBuildSteps
    from crosswheel.native_libraries.tools import BuildTools
    from crosswheel.toolchains.model import TargetToolchain
    from crosswheel.toolchains.wrappers import Wrappers

_EPOCH = 315532800
"""The time of everything in a library, seconds since 1970: the oldest that a ZIP can hold."""
_CALLS = "calls.log"


@dataclass(frozen=True)
class LibraryBuild:
    """One library to be built.

    :param needed: what it is built with, whatever is needed first.
    :param packages: where tools from PyPI come from.
    :param keep: keep the directories it was built in, whatever happens.
    """

    host: Host
    kit: TargetToolchain
    library: Library
    needed: tuple[InstalledLibrary, ...]
    packages: RequirementSource
    keep: bool = False

    def build(self, sources: Path, destination: Path) -> None:
        """Build it.

        :param sources: a copy of its sources, which the build may change.
        :param destination: an empty directory.
        :raises BuildError: when a step fails, or what comes of it is wrong.
        """
        host, library = self.host, self.library
        logs = make_unique_dir(host.logs / f"{library.label}-{self.kit.target}")
        log = logs / "build.log"
        with temporary_directory(
            parent=temp_dir_without_blanks(), prefix="crosswheel-library-", keep=self.keep
        ) as root:
            prefix = merge_prefixes(self.needed, root / "libraries")
            tools = provide_tools(host, self._tools, self.packages, log)
            settings = self._settings(root, sources, prefix, tools)
            bench = self._bench(root, sources)
            with run_wrappers(host, self.kit, settings, root / "tools", logs / _CALLS) as names:
                environ = self._environ(root, names, prefix, tools)
                known = substitutions(self.kit, bench, prefix, environ["CC_FOR_BUILD"])
                environ |= {name: self._filled(value, known) for name, value in library.build.environment.items()}
                for step in self._steps(bench, known):
                    self._run(step, environ, bench, log)
            make_relocatable(bench, library, sources, prefix.directory, destination)
            (root / "proof").mkdir()
            forbidden = (str(root), str(sources), str(host.cache))
            with _told_where(log):
                check_library(
                    host, self.kit, library, destination, prefix.archives, settings, forbidden, root / "proof"
                )

    @property
    def _tools(self) -> tuple[str, ...]:
        return required_tools(self.library.build)

    def _bench(self, root: Path, sources: Path) -> BuildDirs:
        source = sources / self.library.build.directory
        build = source if self.library.build.in_source or self.library.build.system == "make" else root / "build"
        build.mkdir(exist_ok=True)
        return BuildDirs(
            source, build, root / "stage", self.kit.target.triple,
            f"{architecture()}-linux-{'gnu' if libc() == 'glibc' else 'musl'}",
            root / "config" / "meson-cross.ini", self.host.jobs,
        )  # fmt: skip

    def _settings(self, root: Path, sources: Path, prefix: Prefix, tools: BuildTools) -> CallSettings:
        program = self.host.program("pkgconf")
        return CallSettings(
            removed_paths=SYSTEM_DIRECTORIES,
            kept_paths=(str(root), str(sources), str(self.host.cache), *map(str, tools.path)),
            user_flags=runtime_options((*prefix.libraries, self.library)),
            extra_compile=(
                "-fPIC",
                f"-ffile-prefix-map={sources}=.",
                f"-ffile-prefix-map={root}=.",
                *prefix.compile_options,
                *macro_options((self.library,)),
            ),
            extra_link=(*prefix.link_options, *system_options((self.library,))),
            pkg_config=pkg_config(program, prefix.directory) if program else (),
        )

    def _environ(self, root: Path, names: Wrappers, prefix: Prefix, tools: BuildTools) -> dict[str, str]:
        host = self.host
        site = BuildSite(
            target=self.kit.target,
            python=None,
            tools=names,
            compiler_id=self.kit.compiler_id,
            directory=root / "config",
            root=root,
            environment_bin=root,
            run=None,
            jobs=host.jobs,
            libraries=prefix.directory,
        )
        own = str(compiler_for_build(host, root))
        return backend_environ(
            host.environ,
            path=(names.directory, *tools.path, prefix.directory / "bin"),
            virtual_env=root,
            epoch=_EPOCH,
            jobs=host.jobs,
            extra={
                # By their names, which are on PATH: some write how their tools were called into what they install.
                **{key: value.removeprefix(f"{names.directory}/") for key, value in configure(site, "").env.items()},
                **tools.environ,
                "CFLAGS": "-O2",
                "CXXFLAGS": "-O2",
                **dict.fromkeys(("CC_FOR_BUILD", "HOSTCC", "BUILD_CC", "CC_BUILD"), own),
            },
        )

    def _steps(self, bench: BuildDirs, known: Mapping[str, str]) -> Iterator[BuildStep]:
        build = self.library.build
        steps = (
            *(BuildStep("prepare", command) for command in build.prepare),
            *BUILD_SYSTEMS[build.system].steps(build, bench),
            *(BuildStep("finish", command) for command in build.finish),
        )
        for step in steps:
            yield replace(step, command=tuple(self._filled(word, known) for word in step.command))

    def _filled(self, word: str, known: Mapping[str, str]) -> str:
        try:
            return word.format_map(known)
        except (KeyError, ValueError, IndexError) as error:
            raise UsageError(
                f"the recipe of {self.library.name} names {error} in {word!r}, which nothing can be filled in for",
                hint=f"known are {', '.join(known)}",
            ) from error

    def _run(self, step: BuildStep, environ: Mapping[str, str], bench: BuildDirs, log: Path) -> None:
        directory = bench.source if step.name == "prepare" else bench.build
        command = f"cd {shlex.quote(str(directory))} && {shlex.join(step.command)}"
        with log.open("a", encoding="utf-8") as stream:
            stream.write(f"--- {step.name} ---\n$ {command}\n")
        begin = log.stat().st_size
        env = {**environ, **step.environ}
        outcome = self.host.run(*step.command, cwd=directory, env=env, log=log)
        if not outcome.ok:
            said = log.read_bytes()[begin:].decode("utf-8", "replace")
            raise BuildError(
                f"the library {self.library.label} does not build for {self.kit.target}: "
                f"{step.name} failed: {diagnose(said).what.removeprefix('the build failed: ')}",
                where=command,
                hint=self._replay(log),
                log=log,
            )

    def _replay(self, log: Path) -> str | None:
        """How to run again what compilers were called with, if any was."""
        calls = log.with_name(_CALLS)
        return (
            f"{'run' if self.keep else 'build with --keep, and run'} the lines of {calls}" if calls.is_file() else None
        )


@contextmanager
def _told_where(log: Path) -> Iterator[None]:
    try:
        yield
    except BuildError as error:
        error.log = log
        raise


def substitutions(kit: TargetToolchain, bench: BuildDirs, prefix: Prefix, compiler: str) -> dict[str, str]:
    """The names that words of a recipe may use, with what is filled in for them."""
    target = kit.target
    return {
        "source": str(bench.source),
        "build": str(bench.build),
        "stage": str(bench.stage),
        "libraries": str(prefix.directory),
        "triple": target.triple,
        "build_triple": bench.build_triple,
        "architecture": target.architecture.name,
        "system": target.system.name,
        "bits": str(target.architecture.bits),
        "jobs": str(bench.jobs),
        "cc_for_build": compiler,
    }


def required_tools(build: LibraryBuildSteps) -> tuple[str, ...]:
    """The programs a build takes."""
    return (*BUILD_SYSTEMS[build.system].tools, *build.tools)
