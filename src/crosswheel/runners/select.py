"""Choosing how a target's programs are run: natively where possible, else emulated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.platforms import load, platform_of

if TYPE_CHECKING:
    from crosswheel.host import Host
    from crosswheel.runners.model import CreateRunner, Runner
    from crosswheel.targets import PythonVersion, Target
    from crosswheel.toolchains.model import Support


def find_runner(host: Host, target: Target, version: PythonVersion | None = None) -> tuple[Runner, Support]:
    """Return the first of its family's runners that can run a target, or the last one with its reason why not.

    :raises UnknownPlatformError: if the family is not known.
    """
    first, *others = platform_of(target).runners
    answer = _asked(first, host, target, version)
    for reference in others:
        if answer[1].available:
            break
        answer = _asked(reference, host, target, version)
    return answer


def _asked(reference: str, host: Host, target: Target, version: PythonVersion | None) -> tuple[Runner, Support]:
    create: CreateRunner = load(reference)
    runner = create(host)
    return runner, runner.support(target, version)
