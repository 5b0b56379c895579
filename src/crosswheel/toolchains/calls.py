"""Carrying out calls: plan one, build what the plan requires, and run its commands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.errors import CrosswheelError
from crosswheel.toolchains.model import CallSettings
from crosswheel.toolchains.openmp import OPENMP
from crosswheel.toolchains.optional_libraries import select_libraries
from crosswheel.toolchains.responses import error_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosswheel.host import Host
    from crosswheel.toolchains.model import Call, Plan, TargetToolchain


def prepare_plan(
    toolchain: TargetToolchain, call: Call, settings: CallSettings, outside: Callable[[Path], Path] = Path
) -> Plan:
    """Return the plan for a call, with everything on disk that its commands require.

    :param outside: returns the path on the build machine of a path of the call or the settings.
    :raises CrosswheelError: if a component of the toolchain cannot be built.
    """
    plan = toolchain.plan(call, settings)
    for part in plan.requires:
        try:
            toolchain.build_component(part)
        except CrosswheelError as error:
            if part != OPENMP:
                raise
            return error_plan(f"the target's OpenMP library cannot be built: {error.what}", feature="OpenMP")
    return select_libraries(replace(plan, requires=()), call, settings, toolchain.build_component, outside)


def run_call(
    host: Host, toolchain: TargetToolchain, call: Call, settings: CallSettings | None = None
) -> tuple[int, str]:
    """Run a call from inside crosswheel, without wrappers.

    :returns: the exit status, and everything that was printed.
    """
    plan = prepare_plan(toolchain, call, settings or CallSettings())
    output = [plan.output]
    for command in plan.commands:
        outcome = host.run(*command, cwd=Path(call.directory))
        output += [outcome.stdout, outcome.stderr]
        if not outcome.ok:
            return outcome.status, "".join(output)
    return plan.status, "".join(output)
