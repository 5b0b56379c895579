"""The targets that can be built for on this machine, and the Python versions their wheels can be tested with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crosswheel.pythons.discovery import supported_versions
from crosswheel.runners import find_runner
from crosswheel.targets import AllVersions, all_targets
from crosswheel.toolchains.model import target_support
from crosswheel.toolchains.select import find_toolchain

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import PythonVersion, Target
    from crosswheel.toolchains.model import Support, Toolchain


@dataclass(frozen=True, slots=True)
class TargetSurvey:
    """A target, and the support for building and testing on this machine.

    :param build: whether the toolchain supports the target.
    :param tests: runner of its wheels, such as ``native`` or ``qemu``, by Python version.
    :param untested: why wheels cannot be tested; set if ``tests`` is empty.
    """

    target: Target
    toolchain: str
    build: Support
    tests: dict[PythonVersion, str]
    untested: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the survey as JSON-compatible values."""
        return {
            "alias": self.target.alias,
            "target": str(self.target),
            "toolchain": self.toolchain,
            "build": {"available": self.build.available, "reason": self.build.reason, "hint": self.build.hint},
            "test": {str(version): runner for version, runner in self.tests.items()},
            "untested": self.untested,
        }


def survey(host: Host, toolchain: str = "zig", prefix: Path | None = None) -> tuple[TargetSurvey, ...]:
    """Survey every platform, each with the lowest version that the toolchain supports, or else the lowest that exists.

    Nothing large is downloaded.

    :raises UsageError: if there is no toolchain of that name.
    """
    found = find_toolchain(host, toolchain, prefix)
    reachable = {target.alias: target for target in all_targets(found)}
    return tuple(
        _survey_target(host, found, reachable.get(target.alias, target)) for target in all_targets(AllVersions())
    )


def _survey_target(host: Host, found: Toolchain, target: Target) -> TargetSurvey:
    build = target_support(found, target)
    toolchain = f"{found.name} {build.facts.get('version', found.version)}"
    runners = {version: find_runner(host, target, version) for version in supported_versions()}
    tests = {version: runner.name for version, (runner, support) in runners.items() if support.available}
    reason = "" if tests else next(iter(runners.values()))[1].reason
    return TargetSurvey(target, toolchain, build, tests, reason)
