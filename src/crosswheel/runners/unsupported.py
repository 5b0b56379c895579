"""Systems whose programs run on nothing but computers of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from crosswheel.errors import EnvironmentMissingError
from crosswheel.toolchains.model import Support

if TYPE_CHECKING:
    from crosswheel.host import Host
    from crosswheel.targets import PythonVersion, Target


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


def mac_only(host: Host) -> UnsupportedRunner:  # noqa: ARG001  # every runner is created for a host
    """Return the runner of programs for macOS anywhere else."""
    return UnsupportedRunner("only a Mac")
