"""Runners without emulation: for targets that this machine runs itself, and for platforms that cannot be emulated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from crosswheel.errors import EnvironmentMissingError
from crosswheel.host import machine
from crosswheel.pythons import find_build_python
from crosswheel.pythons.discovery import has_build_python
from crosswheel.runners.model import Interpreter, RunnerDefaults
from crosswheel.toolchains.model import Support

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import PythonVersion, Target


@dataclass(frozen=True)
class NativeRunner(RunnerDefaults):
    """Implements :class:`crosswheel.runners.model.Runner` without emulation."""

    host: Host

    name = "native"

    def support(self, target: Target, version: PythonVersion | None = None) -> Support:  # noqa: ARG002
        """See :meth:`Runner.support`."""
        if machine.platform_tags().isdisjoint(target.wheel_tags()):
            return Support(available=False, reason=f"this machine does not run wheels for {target}")
        return Support(available=True)

    def has_python(self, target: Target, version: PythonVersion) -> bool:
        """See :meth:`Runner.has_python`."""
        return self.support(target, version).available and has_build_python(self.host, version)

    def interpreter(self, target: Target, version: PythonVersion) -> Interpreter:
        """See :meth:`Runner.interpreter`."""
        python = find_build_python(self.host, version)
        return Interpreter(
            python.executable,
            version,
            python.full_version,
            f"CPython {python.full_version} on this {target.architecture.name} machine",
        )

    def program_prefix(
        self,
        target: Target,  # noqa: ARG002
        argv0: str = "",  # noqa: ARG002
        directory: Path | None = None,  # noqa: ARG002
    ) -> tuple[str, ...]:
        """See :meth:`Runner.program_prefix`."""
        return ()


@dataclass(frozen=True)
class UnsupportedRunner(RunnerDefaults):
    """Implements :class:`crosswheel.runners.model.Runner` for platforms that cannot be emulated.

    :param owner: what runs their programs: ``only a Mac``.
    """

    owner: str

    name = "unsupported"

    def support(self, target: Target, version: PythonVersion | None = None) -> Support:  # noqa: ARG002
        """See :meth:`Runner.support`."""
        return Support(available=False, reason=f"{self.owner} runs programs for {target.alias}",
                       hint="test the wheel there")  # fmt: skip

    def has_python(self, target: Target, version: PythonVersion) -> bool:  # noqa: ARG002
        """See :meth:`Runner.has_python`."""
        return False

    def interpreter(self, target: Target, version: PythonVersion) -> NoReturn:
        """See :meth:`Runner.interpreter`."""
        support = self.support(target, version)
        raise EnvironmentMissingError(support.reason, hint=support.hint)

    def program_prefix(self, target: Target, argv0: str = "", directory: Path | None = None) -> NoReturn:  # noqa: ARG002
        """See :meth:`Runner.program_prefix`."""
        support = self.support(target)
        raise EnvironmentMissingError(support.reason, hint=support.hint)


def mac_only(host: Host) -> UnsupportedRunner:  # noqa: ARG001  # every runner is created for a host
    """Return the runner for macOS targets on other systems."""
    return UnsupportedRunner("only a Mac")
