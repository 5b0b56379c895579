"""Systems whose programs run on nothing but computers of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from crosswheel.errors import EnvironmentMissingError
from crosswheel.toolchains.model import Support

if TYPE_CHECKING:
    from crosswheel.targets import PythonVersion, Target


@dataclass(frozen=True)
class Nowhere:
    """Implements :class:`crosswheel.emulators.model.Emulator` by saying that there is none."""

    name = "nowhere"

    def support(self, target: Target, version: PythonVersion | None = None) -> Support:  # noqa: ARG002
        """See :meth:`Emulator.support`."""
        reason = f"nothing on Linux runs programs of {target.system.platform_system}"
        return Support(available=False, reason=reason, hint="test the wheel on such a system")

    def interpreter(self, target: Target, version: PythonVersion) -> NoReturn:
        """See :meth:`Emulator.interpreter`."""
        support = self.support(target, version)
        raise EnvironmentMissingError(support.reason, hint=support.hint)

    def runs_programs(self, target: Target) -> bool:  # noqa: ARG002
        """See :meth:`Emulator.runs_programs`."""
        return False

    def program_prefix(self, target: Target) -> NoReturn:
        """See :meth:`Emulator.program_prefix`."""
        support = self.support(target)
        raise EnvironmentMissingError(support.reason, hint=support.hint)
