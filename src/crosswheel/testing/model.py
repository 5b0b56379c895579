"""Test plans and test results."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from crosswheel.sealing import SealRecord

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class TestPlan:
    """How to test a wheel beyond installing and importing it.

    :param imports: modules to import, instead of all modules of the wheel.
    :param commands: shell commands; ``{wheel}``, ``{project}`` and ``{package}`` are replaced by the path of the wheel
        and of the project's directory.
    :param cibuildwheel_commands: whether the commands are from ``[tool.cibuildwheel]``: they are written for a
        container, where they may install packages of the system, and do not run unless they are sealed.
    :param requires: additional requirements to install.
    :param extras: extras of the wheel to install.
    :param groups: dependency groups of the project's ``pyproject.toml`` (PEP 735) to install.
    :param environment: environment variables of imports and commands; values are expanded by
        :func:`crosswheel.settings.variable_expansion.expand_variables`.
    :param find_links: directories of wheels for its dependencies, used before the index; missing ones are ignored.
    :param install_options: options of ``uv pip install`` for package sources.
    :param install_env: environment variables of ``uv pip install``.
    :param project: the project's directory; empty if there is none.
    :param timeout: seconds for each step; None for no limit.
    """

    __test__ = False

    imports: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    cibuildwheel_commands: bool = False
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
    """The outcome of a test; never ``passed`` if nothing ran."""

    __test__ = False

    PASSED = "passed"
    FAILED = "failed"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True)
class TestResult:
    """The result of a test.

    :param reason: why it failed or was not run.
    :param interpreter: description of the interpreter it ran on.
    :param output: everything that was printed.
    :param missing: dependencies without a wheel for the target, if that is why the wheel was not tested. The list may
        be incomplete, and a wheel may have been published since.
    :param unrunnable: installed dependencies whose wheels the runner cannot run, if that is why: ``numpy==2.5.5``.
    :param unavailable: whether it was not run because something could not be downloaded or started, which another run
        may succeed in.
    :param hint: what to do about a failed test.
    :param stdlib_parts: parts of the standard library that the target's Python keeps apart and that were imported, if
        that is why the wheel was not tested.
    :param installed: normalized names of the installed projects, including the wheel's own.
    :param seal: how the tested programs ran.
    """

    __test__ = False

    outcome: TestOutcome
    reason: str = ""
    interpreter: str = ""
    output: str = ""
    seconds: float = 0.0
    missing: tuple[str, ...] = ()
    unrunnable: tuple[str, ...] = ()
    stdlib_parts: tuple[str, ...] = ()
    unavailable: bool = False
    hint: str | None = None
    installed: tuple[str, ...] = ()
    seal: SealRecord = field(default_factory=SealRecord)

    def lacks_test(self, has_commands: bool) -> bool:  # noqa: FBT001  # a fact about the plan, not a mode
        """Whether a test that the user relies on did not run: one with commands, or one that can run on this machine.

        :param has_commands: whether the plan has commands.
        """
        return self.outcome is TestOutcome.UNTESTED and (self.unavailable or has_commands)

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON-compatible values."""
        return {
            "outcome": self.outcome.value,
            "reason": self.reason,
            "interpreter": self.interpreter,
            "seconds": round(self.seconds, 3),
            **self.seal.as_json(),
        }
