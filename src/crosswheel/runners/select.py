"""Selection of a target's runner: native if possible, else emulated; and the runner of unsupported platforms."""

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
    """Return the first runner that supports a target, or the last candidate with the reason why it does not."""
    runners: tuple[Runner, ...] = (NativeRunner(host), QemuRunner(host))
    if isinstance(target, PyodideTarget):
        runners = (NodeRunner(host),)
    elif isinstance(target, MacosTarget):
        runners = (NativeRunner(host), UnsupportedRunner("only a Mac"))
    elif isinstance(target, WindowsTarget):
        runners = (WineRunner(host),)
    candidates = [(runner, runner.support(target, version)) for runner in runners]
    return next((candidate for candidate in candidates if candidate[1].available), candidates[-1])


@dataclass(frozen=True)
class UnsupportedRunner:
    """Implements :class:`crosswheel.runners.model.Runner` for platforms that cannot be emulated.

    :param owner: what runs their programs: ``only a Mac``.
    """

    owner: str

    name = "unsupported"

    def support(self, target: Target, version: PythonVersion | None = None) -> Support:  # noqa: ARG002
        """See :meth:`Runner.support`."""
        return Support(available=False, reason=f"{self.owner} runs programs for {target.alias}",
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
