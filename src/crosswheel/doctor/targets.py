"""Which targets can be built for here, and with which Pythons their wheels can be tested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crosswheel.pythons.discovery import supported_versions
from crosswheel.runners import find_runner
from crosswheel.targets import all_targets
from crosswheel.toolchains.model import supported
from crosswheel.toolchains.select import find_toolchain

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import PythonVersion, Target
    from crosswheel.toolchains.model import Support, Toolchain


@dataclass(frozen=True, slots=True)
class TargetSurvey:
    """A target and what can be done with it here.

    :param build: whether the toolchain can build for it.
    :param tests: how wheels for it are run, ``native`` or ``qemu``, by version of Python.
    :param untested: why they cannot be run, when ``tests`` is empty.
    """

    target: Target
    toolchain: str
    build: Support
    tests: dict[PythonVersion, str]
    untested: str = ""

    def as_json(self) -> dict[str, Any]:
        """The same in plain values."""
        return {
            "alias": self.target.alias,
            "target": str(self.target),
            "toolchain": self.toolchain,
            "build": {"available": self.build.available, "reason": self.build.reason, "hint": self.build.hint},
            "test": {str(version): how for version, how in self.tests.items()},
            "untested": self.untested,
        }


def survey(host: Host, toolchain: str = "zig", prefix: Path | None = None) -> tuple[TargetSurvey, ...]:
    """Every platform, each with the lowest policy the toolchain reaches, or else the lowest there is.

    Nothing big is fetched.

    :raises UsageError: when there is no toolchain of that name.
    """
    found = find_toolchain(host, toolchain, prefix)
    reachable = {target.alias: target for target in all_targets(found)}
    return tuple(_surveyed(host, found, reachable.get(target.alias, target)) for target in all_targets(_Everything()))


class _Everything:
    """Reaches the oldest version of every platform, so that all of them are listed."""

    def minimum_version(self, architecture: str, platform: str) -> tuple[int, int]:  # noqa: ARG002
        return (0, 0)

    def unsupported_reason(self, architecture: str, platform: str) -> tuple[str, str]:  # noqa: ARG002
        return "", ""


def _surveyed(host: Host, found: Toolchain, target: Target) -> TargetSurvey:
    build = supported(found, target)
    toolchain = f"{found.name} {build.facts.get('version', found.version)}"
    answers = {version: find_runner(host, target, version) for version in supported_versions()}
    tests = {version: emulator.name for version, (emulator, support) in answers.items() if support.available}
    reason = "" if tests else next(iter(answers.values()))[1].reason
    return TargetSurvey(target, toolchain, build, tests, reason)
