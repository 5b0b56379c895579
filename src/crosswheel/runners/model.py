"""The seam to whatever runs a target's programs here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from crosswheel.runners.environments import CreateEnvironment, virtual_environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import PythonVersion, Target
    from crosswheel.toolchains.model import Support


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


class CreateRunner(Protocol):
    """Creates one of the runners of a family of platforms."""

    def __call__(self, host: Host) -> Runner:
        """Return one for a host."""
        ...
