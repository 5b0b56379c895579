"""The protocol of runners, which run a target's programs on this machine, and of their test environments."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.object_files import Binary
    from crosswheel.targets import PythonVersion, Target
    from crosswheel.toolchains.model import Support


class Uv(Protocol):
    """Runs uv on this machine."""

    def __call__(self, *args: str | Path) -> None:
        """Run uv; the caller's implementation decides what to raise if it fails."""
        ...


class TestEnvironment(Protocol):
    """An environment whose directory has ``bin/python``, and the commands of installed packages in ``bin``."""

    @property
    def read_only(self) -> tuple[Path, ...]:
        """Its directories whose files are hard links to the cache, which tested programs must not write to."""
        ...

    def install(self, *args: str | Path) -> None:
        """Install packages.

        :param args: requirements, and options of ``uv pip install`` for package sources.
        """
        ...


class CreateEnvironment(Protocol):
    """Creates environments of an interpreter."""

    def __call__(
        self, executable: Path, directory: Path, uv: Uv, *, sealed: bool = False
    ) -> AbstractContextManager[TestEnvironment]:
        """Create an environment in a directory that does not exist; on exit, no process of an emulator is left running.

        :param executable: the interpreter.
        :param sealed: whether each of its programs runs in process namespaces of its own, and cannot use services that
            were started before.
        :raises EnvironmentMissingError: if it does not start.
        """
        ...


@contextlib.contextmanager
def virtual_environment(
    executable: Path,
    directory: Path,
    uv: Uv,
    *,
    sealed: bool = False,  # noqa: ARG001  # it has no services
) -> Iterator[TestEnvironment]:
    """Create a virtual environment, for Pythons that find theirs by ``pyvenv.cfg`` and that uv can query."""
    uv("venv", "--quiet", "--no-project", "--python", executable, directory)
    yield _VirtualEnvironment(directory / "bin" / "python", uv)


@dataclass(frozen=True)
class _VirtualEnvironment:
    python: Path
    uv: Uv

    @property
    def read_only(self) -> tuple[Path, ...]:
        return ()

    def install(self, *args: str | Path) -> None:
        self.uv("pip", "install", "--quiet", "--python", self.python, *args)
        self.uv("pip", "check", "--quiet", "--python", self.python)


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A program on this machine that behaves like the target's Python.

    :param executable: path to run as ``python``. ``sys.executable`` inside is the same path, so that the programs it
        starts are emulated too, and uv accepts it as an interpreter. Otherwise, ``environments`` must handle it.
    :param env: environment variables it requires.
    :param description: for reports: ``CPython 3.13.5 for riscv64 under qemu``.
    :param environments: creates fresh environments of it.
    :param stdlib_parts: modules of the standard library that it lacks, each with the name of the part of the library,
        kept apart, that has it.
    """

    executable: Path
    version: PythonVersion
    full_version: str
    description: str
    env: Mapping[str, str] = field(default_factory=dict, hash=False)
    environments: CreateEnvironment = virtual_environment
    stdlib_parts: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class RunnerLimit:
    """What a runner lacks, so that a program failed.

    :param reason: for reports: ``wine lacks the Windows function ucrtbase.dll.crealf``.
    :param required_by: whether a binary requires it.
    """

    reason: str
    required_by: Callable[[Binary], bool]


class Runner(Protocol):
    """Runs Python, and other programs, of some targets on this machine."""

    @property
    def name(self) -> str:
        """``native``, ``qemu``, ``node``, ``wine``."""
        ...

    def support(self, target: Target, version: PythonVersion | None = None) -> Support:
        """Whether it can run a target, and a Python version if given, on this machine; downloads nothing large."""
        ...

    def has_python(self, target: Target, version: PythonVersion) -> bool:
        """Whether it has a Python that it supports without installing software on this machine."""
        ...

    def interpreter(self, target: Target, version: PythonVersion) -> Interpreter:
        """Return the target's Python, downloaded into the cache if necessary.

        :raises EnvironmentMissingError: if it is not available.
        """
        ...

    def own_limit(self, output: str) -> RunnerLimit | None:
        """Return what the runner itself lacks, if that is why a program failed; None if the program is to blame.

        :param output: the program's standard and error output.
        """
        ...

    def runs_programs(self, target: Target) -> bool:
        """Whether it can run programs of a target other than Python, such as those a toolchain links."""
        ...

    def program_prefix(self, target: Target, argv0: str = "", directory: Path | None = None) -> tuple[str, ...]:
        """Return the command that runs a program of the target: ``qemu-riscv64 -L ROOT``; empty to run it directly.

        Downloads the C and C++ runtime libraries if necessary.

        :param argv0: the name by which the program is called, if that is not its path; runners for systems without
            such names ignore it.
        :param directory: where a runner keeps what the programs of one build share (a wine prefix); by default in the
            cache.

        :raises EnvironmentMissingError: if it is not available.
        """
        ...


class RunnerDefaults(ABC):
    """What most runners have in common; see :class:`Runner`."""

    @abstractmethod
    def support(self, target: Target, version: PythonVersion | None = None) -> Support:
        """See :meth:`Runner.support`."""

    def own_limit(self, output: str) -> RunnerLimit | None:  # noqa: ARG002
        """See :meth:`Runner.own_limit`: programs fail in no way that is known to be the runner's."""
        return None

    def runs_programs(self, target: Target) -> bool:
        """See :meth:`Runner.runs_programs`: if it supports the target."""
        return self.support(target).available


class CreateRunner(Protocol):
    """Creates one of the runners of a family of platforms."""

    def __call__(self, host: Host) -> Runner:
        """Return one for a host."""
        ...
