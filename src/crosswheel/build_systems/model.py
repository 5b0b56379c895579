"""What the generated configuration is made from, and what it consists of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.pythons.model import TargetPython
    from crosswheel.targets import Target
    from crosswheel.toolchains.wrappers import Wrappers


@dataclass(frozen=True, slots=True)
class BuildSite:
    """The place of one build.

    :param python: the target's Python; None where a library is built, which knows of none.
    :param directory: where generated files go.
    :param root: the directory that holds everything of this build: sources, environment, generated files.
    :param environment_bin: the programs of the isolated environment: cython, meson, numpy-config.
    :param run: a program that runs programs of the target, ``RUN PROGRAM ARGUMENT…``; None if nothing here can.
    :param compiler_id: ``clang`` or ``gcc``.
    :param libraries: a directory with native libraries of the target, as ``/usr`` has them; None if there are none.
    """

    target: Target
    python: TargetPython | None
    tools: Wrappers
    compiler_id: str
    directory: Path
    root: Path
    environment_bin: Path
    run: Path | None
    jobs: int
    libraries: Path | None = None

    @property
    def pkg_config_path(self) -> tuple[Path, ...]:
        """Where files for pkg-config lie."""
        return tuple(self.libraries / part / "pkgconfig" for part in ("lib", "share")) if self.libraries else ()


@dataclass(frozen=True, slots=True)
class Configuration:
    """What one kind of build system is told.

    :param env: environment variables.
    :param config_settings: for the PEP 517 backend, before those of the user; ``defaults`` where the user has none.
    """

    env: Mapping[str, str] = field(default_factory=dict)
    config_settings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    defaults: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Configurator(Protocol):
    """Knows one kind of build system."""

    def __call__(self, site: BuildSite, backend: str) -> Configuration:
        """Write its files under ``site.directory`` and say how a build is told of them.

        :param backend: the PEP 517 backend of the project, ``setuptools.build_meta``; any backend may call
            any build system, so most ignore it.
        """
        ...
