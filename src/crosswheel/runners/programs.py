"""Programs of the target that a build starts, whichever of its programs starts them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.errors import CrosswheelError
from crosswheel.runners.binfmt import HEAD, is_program_of
from crosswheel.runners.select import find_runner
from crosswheel.toolchains.model import Plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosswheel.host import Host
    from crosswheel.targets import PythonVersion, Target

CANNOT_RUN = 126
"""Exit status of shells for a file that exists and cannot be run."""


@dataclass(frozen=True)
class TargetPrograms:
    """Implements :class:`crosswheel.toolchains.wrappers.server.PlanPrograms`.

    What a runner requires is downloaded at first use.

    :param directory: see :meth:`Runner.program_prefix`.
    """

    host: Host
    target: Target
    version: PythonVersion
    directory: Path

    def python(self, arguments: Sequence[str]) -> Plan:
        """See :meth:`PlanPrograms.python`."""
        runner, support = find_runner(self.host, self.target, self.version)
        if not support.available:
            return _refusal("Python", self.target, support.reason)
        try:
            interpreter = runner.interpreter(self.target, self.version)
        except CrosswheelError as error:
            return _refusal("Python", self.target, error.what)
        settings = (f"{name}={value}" for name, value in interpreter.env.items())
        return Plan((("/usr/bin/env", *settings, str(interpreter.executable), *arguments),))

    def program(self, program: str, argv0: str, arguments: Sequence[str]) -> Plan:
        """See :meth:`PlanPrograms.program`: programs of the build machine run natively."""
        try:
            with Path(program).open("rb") as stream:
                foreign = is_program_of(self.target, stream.read(HEAD))
        except OSError:
            foreign = False  # a name on PATH, or an error that the kernel reports
        if not foreign:
            return Plan((("/usr/bin/env", "--", program, *arguments),))
        runner, support = find_runner(self.host, self.target)
        if not support.available:
            return _refusal(program, self.target, support.reason)
        try:
            prefix = runner.program_prefix(self.target, argv0, self.directory)
        except CrosswheelError as error:
            return _refusal(program, self.target, error.what)
        return Plan(((*prefix, program, *arguments),))


def _refusal(program: str, target: Target, reason: str) -> Plan:
    why = f"cannot run {program}, a program for {target}: {reason}"
    return Plan(output=f"crosswheel: error: {why}\n", status=CANNOT_RUN, notes=(f"refused: {why}",))
