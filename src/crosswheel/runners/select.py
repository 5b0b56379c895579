"""Choosing how a target's programs are run: natively where possible, else emulated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from crosswheel.errors import EnvironmentMissingError
from crosswheel.runners.native import NativeRunner
from crosswheel.runners.node import NodeRunner
from crosswheel.runners.qemu import QemuRunner
from crosswheel.runners.wine import WineRunner
from crosswheel.targets import MacosTarget, PyodideTarget, WindowsTarget
from crosswheel.toolchains.model import Support

if TYPE_CHECKING:
    from crosswheel.host import Host
    from crosswheel.runners.model import Runner
    from crosswheel.targets import PythonVersion, Target
    from crosswheel.toolchains.model import Support


def find_runner(host: Host, target: Target, version: PythonVersion | None = None) -> tuple[Runner, Support]:
    """The first emulator that can run a target, or the last one for its system with its reason why not."""
    emulators: tuple[Runner, ...] = (NativeRunner(host), QemuRunner(host))
    if isinstance(target, PyodideTarget):
        emulators = (NodeRunner(host),)
    elif isinstance(target, MacosTarget):
        emulators = (NativeRunner(host), UnsupportedRunner("only a Mac"))
    elif isinstance(target, WindowsTarget):
        emulators = (WineRunner(host),)
    answers = [(emulator, emulator.support(target, version)) for emulator in emulators]
    return next((answer for answer in answers if answer[1].available), answers[-1])


@dataclass(frozen=True)
class UnsupportedRunner:
    """Implements :class:`crosswheel.runners.model.Runner` by saying that there is none.

    :param owner: what does run them: ``only a Mac``.
    """

    owner: str

    name = "nowhere"

    def support(self, target: Target, version: PythonVersion | None = None) -> Support:  # noqa: ARG002
        """See :meth:`Runner.support`."""
        return Support(available=False, reason=f"{self.owner} runs programs for {target.alias}, and this is none",
                       hint="test the wheel there")  # fmt: skip

    def interpreter(self, target: Target, version: PythonVersion) -> NoReturn:
        """See :meth:`Runner.interpreter`."""
        support = self.support(target, version)
        raise EnvironmentMissingError(support.reason, hint=support.hint)

    def runs_programs(self, target: Target) -> bool:  # noqa: ARG002
        """See :meth:`Runner.runs_programs`."""
        return False

    def program_prefix(self, target: Target) -> NoReturn:
        """See :meth:`Runner.program_prefix`."""
        support = self.support(target)
        raise EnvironmentMissingError(support.reason, hint=support.hint)
