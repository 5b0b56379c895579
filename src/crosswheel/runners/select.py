"""Selection of a target's runner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.platforms import load, platform_of

if TYPE_CHECKING:
    from crosswheel.host import Host
    from crosswheel.runners.model import CreateRunner, Runner
    from crosswheel.targets import PythonVersion, Target
    from crosswheel.toolchains.model import Support


def find_runner(host: Host, target: Target, version: PythonVersion | None = None) -> tuple[Runner, Support]:
    """Return the first runner of a target's family that supports it, or the last one with the reason why it does not.

    :raises UnknownPlatformError: if the family is unknown.
    """
    first, *others = platform_of(target).runners
    candidate = _candidate(first, host, target, version)
    for reference in others:
        if candidate[1].available:
            break
        candidate = _candidate(reference, host, target, version)
    return candidate


def can_test(host: Host, target: Target, version: PythonVersion) -> bool:
    """Return whether a runner has a target's Python. Nothing large is downloaded."""
    runner, support = find_runner(host, target, version)
    return support.available and runner.has_python(target, version)


def _candidate(reference: str, host: Host, target: Target, version: PythonVersion | None) -> tuple[Runner, Support]:
    create: CreateRunner = load(reference)
    runner = create(host)
    return runner, runner.support(target, version)
