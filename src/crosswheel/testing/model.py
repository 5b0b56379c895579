"""What to run, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class TestPlan:
    """How a wheel is tested beyond being installed and imported.

    :param imports: modules to import, instead of all of the wheel's.
    :param commands: shell commands; ``{wheel}``, ``{project}`` and ``{package}`` stand for the wheel's file and the
        project's directory.
    :param requires: requirements to install besides the wheel.
    :param extras: those of the wheel that are installed with it.
    :param groups: dependency groups in the project's ``pyproject.toml`` (PEP 735) that are installed besides it.
    :param environment: variables for imports and commands;
        :func:`crosswheel.settings.variable_expansion.expand_variables` says what their values may hold.
    :param find_links: directories with wheels for its dependencies, tried before the index, if they are there.
    :param install_options: options of ``uv pip install`` that say where packages come from.
    :param timeout: seconds for each step, None for no limit.
    """

    __test__ = False

    imports: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    find_links: tuple[str, ...] = ()
    install_options: tuple[str, ...] = ()
    install_env: Mapping[str, str] = field(default_factory=dict)
    project: str = ""
    timeout: float | None = None


class TestOutcome(StrEnum):
    """What is known after a test; never ``passed`` when nothing ran."""

    __test__ = False

    PASSED = "passed"
    FAILED = "failed"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True)
class TestResult:
    """What came of it.

    :param reason: why it failed or was not tested.
    :param interpreter: what it ran on.
    :param said: everything that was printed.
    :param missing: the dependencies that have no wheel for the target, if the wheel was not tested for that; not all
        of them need be known, and of some there may be one by now.
    :param installed: the projects that were there, the wheel's own too; normalized names.
    """

    __test__ = False

    outcome: TestOutcome
    reason: str = ""
    interpreter: str = ""
    output: str = ""
    seconds: float = 0.0
    missing: tuple[str, ...] = ()
    installed: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The result in plain values."""
        return {
            "outcome": self.outcome.value,
            "reason": self.reason,
            "interpreter": self.interpreter,
            "seconds": round(self.seconds, 3),
        }
