"""An environment of its own for every build, made by uv."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crosswheel.environments.pretence import install_hook
from crosswheel.errors import EnvironmentMissingError, SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.pythons.model import BuildPython


@dataclass(frozen=True)
class BuildEnvironment:
    """A Python with what a backend needs.

    :param directory: the virtual environment.
    :param install_options: options of ``uv pip install`` that say where packages come from.
    """

    host: Host
    build_python: BuildPython
    directory: Path
    install_options: tuple[str, ...] = ()
    install_env: Mapping[str, str] = field(default_factory=dict)

    @property
    def bin(self) -> Path:
        """Its programs."""
        return self.directory / "bin"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.bin / "python"

    @property
    def site_packages(self) -> Path:
        """Where its packages lie."""
        return self.directory / "lib" / self.build_python.version.executable / "site-packages"

    def install(self, requirements: Sequence[str], log: Path) -> None:
        """Install build requirements for the build machine.

        :raises SourceError: when a requirement cannot be found or installed.
        """
        if not requirements:
            return
        offline = ("--offline",) if self.host.offline else ()
        outcome = self.host.run(
            _uv(self.host), "pip", "install", "--quiet", "--python", self.python, *offline, *self.install_options,
            *requirements, cwd=self.directory, env={**self.host.environ, **self.install_env},
        )  # fmt: skip
        with log.open("a", encoding="utf-8") as stream:
            stream.write(outcome.stdout + outcome.stderr)
        if not outcome.ok:
            reason = " ".join(outcome.stderr.split())[:400]
            raise SourceError(f"cannot install the build requirements {', '.join(requirements)}: {reason}", log=log)


def make_environment(
    host: Host,
    build_python: BuildPython,
    directory: Path,
    *,
    install_options: tuple[str, ...] = (),
    install_env: Mapping[str, str] | None = None,
    isolation: bool = True,
) -> BuildEnvironment:
    """A fresh environment with the hook in it and nothing else.

    :param isolation: when false, the packages of the build Python are seen in it too.
    :raises EnvironmentMissingError: when uv cannot make it.
    """
    shared = () if isolation else ("--system-site-packages",)
    outcome = host.run(
        _uv(host), "venv", "--quiet", "--no-project", "--no-config", *shared, "--python", build_python.executable,
        directory, cwd=directory.parent,
    )  # fmt: skip
    if not outcome.ok:
        raise EnvironmentMissingError(f"uv cannot make an environment: {outcome.stderr.strip()}", where=directory)
    environment = BuildEnvironment(host, build_python, directory, install_options, install_env or {})
    install_hook(environment.site_packages)
    return environment


def _uv(host: Host) -> Path:
    uv = host.program("uv")
    if uv is None:
        raise EnvironmentMissingError("uv is not installed", hint="pip install uv")
    return uv
