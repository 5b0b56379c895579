"""The seam to whatever runs a target's programs here."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from crosswheel.targets import PythonVersion, Target
    from crosswheel.toolchains.model import Support


class Uv(Protocol):
    """Runs uv on this machine."""

    def __call__(self, *words: str | Path) -> None:
        """Run it to its end; raises, as whoever handed it in wants it, when it fails."""
        ...


class TestEnvironment(Protocol):
    """An environment: its directory has ``bin/python``, and in ``bin`` the commands of what is installed."""

    def install(self, *words: str | Path) -> None:
        """Install packages; ``words`` are requirements, and options of ``uv pip install`` that say where they are."""
        ...


class CreateEnvironment(Protocol):
    """How environments of one interpreter are made."""

    def __call__(self, executable: Path, directory: Path, uv: Uv) -> AbstractContextManager[TestEnvironment]:
        """Make one in a directory that does not exist; nothing that emulates it runs any more when it is left.

        :param executable: the interpreter.
        :raises EnvironmentMissingError: when it does not start.
        """
        ...


@contextlib.contextmanager
def virtual_environment(executable: Path, directory: Path, uv: Uv) -> Iterator[TestEnvironment]:
    """An environment for Pythons that find their own by ``pyvenv.cfg``, and that uv can ask what they are."""
    uv("venv", "--quiet", "--no-project", "--python", executable, directory)
    yield _VirtualEnvironment(directory / "bin" / "python", uv)


@dataclass(frozen=True)
class _VirtualEnvironment:
    python: Path
    uv: Uv

    def install(self, *words: str | Path) -> None:
        self.uv("pip", "install", "--quiet", "--python", self.python, *words)
        self.uv("pip", "check", "--quiet", "--python", self.python)


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A program on this machine that behaves as the target's Python.

    :param executable: run it as one would run ``python``; ``sys.executable`` inside is this same path, so
        that programs it starts are emulated too, and uv accepts it as an interpreter. Where it is not, or uv does
        not, ``environments`` are of its own kind.
    :param env: environment variables it needs.
    :param description: for reports: ``CPython 3.13.5, riscv64, qemu 10.0``.
    :param environments: how fresh environments of it are made.
    """

    executable: Path
    version: PythonVersion
    full_version: str
    description: str
    env: Mapping[str, str] = field(default_factory=dict, hash=False)
    environments: CreateEnvironment = virtual_environment


class Runner(Protocol):
    """Runs Python, and plain programs, of some targets on this machine."""

    @property
    def name(self) -> str:
        """``native``, ``qemu``, ``node``, ``wine``."""
        ...

    def support(self, target: Target, version: PythonVersion | None = None) -> Support:
        """Whether it can run that target here, with that Python if one is named; fetches nothing big."""
        ...

    def interpreter(self, target: Target, version: PythonVersion) -> Interpreter:
        """The target's Python, fetched into the cache if need be.

        :raises EnvironmentMissingError: when it cannot be had.
        """
        ...

    def runs_programs(self, target: Target) -> bool:
        """Whether it can run more of a target than its Python: what a toolchain links as a program."""
        ...

    def program_prefix(self, target: Target) -> tuple[str, ...]:
        """What to put before a program of the target to run it: ``qemu-riscv64 -L ROOT``; empty if nothing.

        Fetches the root with the C and C++ runtimes if need be.

        :raises EnvironmentMissingError: when it cannot be had.
        """
        ...
