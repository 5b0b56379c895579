"""No emulation: the target is this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswheel.emulators.model import Interpreter
from crosswheel.host import machine
from crosswheel.pythons import find_build_python
from crosswheel.targets import LinuxTarget
from crosswheel.toolchains.model import Support

if TYPE_CHECKING:
    from crosswheel.host import Host
    from crosswheel.targets import PythonVersion, Target


@dataclass(frozen=True)
class NativeEmulator:
    """Implements :class:`crosswheel.emulators.model.Emulator` for targets that this machine itself is."""

    host: Host

    name = "native"

    def support(self, target: Target, version: PythonVersion | None = None) -> Support:  # noqa: ARG002
        """See :meth:`Emulator.support`."""
        if not isinstance(target, LinuxTarget):
            return Support(available=False, reason=f"this machine does not run {target.system.platform_system}")
        here = machine.libc_version()
        same = target.architecture.name == machine.architecture() and target.libc.name == machine.libc()
        if not same or (here is not None and here < target.version):
            return Support(available=False, reason="this machine is another platform")
        return Support(available=True)

    def interpreter(self, target: Target, version: PythonVersion) -> Interpreter:
        """See :meth:`Emulator.interpreter`."""
        python = find_build_python(self.host, version)
        return Interpreter(
            python.executable,
            version,
            python.full_version,
            f"CPython {python.full_version} on this {target.architecture.name} machine",
        )

    def runs_programs(self, target: Target) -> bool:
        """See :meth:`Emulator.runs_programs`."""
        return self.support(target).available

    def program_prefix(self, target: Target) -> tuple[str, ...]:  # noqa: ARG002
        """See :meth:`Emulator.program_prefix`."""
        return ()
