"""Input and output of the configuration of build systems."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from crosswheel.host.files import write_atomic
from crosswheel.sealing.paths import PathTranslation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.pythons.model import TargetPython
    from crosswheel.targets import Target
    from crosswheel.toolchains.wrappers import Wrappers


@dataclass(frozen=True, slots=True)
class BuildSite:
    """The directories, tools and target of one build.

    :param python: the target's Python; None for a native library.
    :param tools: the wrappers.
    :param compiler_id: ``clang`` or ``gcc``.
    :param directory: directory for generated files.
    :param root: directory that contains everything of this build: sources, environment, generated files.
    :param environment_bin: directory of the isolated environment's programs: cython, meson, numpy-config.
    :param run: a program that runs programs of the target, ``RUN PROGRAM ARGUMENT…``; None if this machine cannot.
    :param jobs: number of parallel jobs.
    :param names_build_directory: whether the project's own settings of scikit-build-core name one.
    :param paths: the paths of the build machine that the build sees elsewhere.
    :param libraries: prefix of the target's native libraries, laid out as ``/usr``; None if there are none.
    """

    target: Target
    python: TargetPython | None
    tools: Wrappers
    compiler_id: str
    directory: Path
    root: Path
    environment_bin: Path
    exe_wrapper: Path | None
    jobs: int
    libraries: Path | None = None
    paths: PathTranslation = field(default_factory=PathTranslation)
    names_build_directory: bool = False

    def write(self, name: str, text: str, *, mode: int = 0o644) -> Path:
        """Write a generated file with the paths that the build sees, and return its path on the build machine."""
        return write_atomic(self.directory / name, self.paths.inside(text), mode=mode)

    @property
    def pkg_config_path(self) -> tuple[Path, ...]:
        """Directories of pkg-config files."""
        return tuple(self.libraries / part / "pkgconfig" for part in ("lib", "share")) if self.libraries else ()


@dataclass(frozen=True, slots=True)
class Configuration:
    """Configuration of one kind of build system.

    :param env: environment variables.
    :param config_settings: settings for the PEP 517 backend, before those of the user.
    :param defaults: settings that apply unless the user sets them.
    :param path: directories of programs that answer for the target.
    """

    env: Mapping[str, str] = field(default_factory=dict)
    config_settings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    defaults: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    path: tuple[Path, ...] = ()


class Configurator(Protocol):
    """Configures one kind of build system."""

    def __call__(self, site: BuildSite, backend: str) -> Configuration:
        """Write its files under ``site.directory``, and return the variables and settings that reference them.

        :param backend: the PEP 517 backend of the project, ``setuptools.build_meta``; any backend may call any build
            system, so most ignore it.
        """
        ...
