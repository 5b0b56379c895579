"""Carrying out calls: what a plan requires is built first."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from crosswheel.errors import EnvironmentMissingError
from crosswheel.toolchains.calls import prepare_plan
from crosswheel.toolchains.model import Call, CallSettings, Plan, Tool

CALL = Call(Tool.CC, ("-c", "a.c"), "/work")


@dataclass
class Toolchain:
    requires: tuple[str, ...]
    broken: str = ""
    built: list[str] = field(default_factory=list)

    def plan(self, _call: Call, _settings: CallSettings) -> Plan:
        return Plan((("cc", "-c", "a.c"),), requires=self.requires)

    def build_component(self, part: str) -> None:
        if part == self.broken:
            raise EnvironmentMissingError(f"no {part} here")
        self.built.append(part)


def test_components_are_built_in_order() -> None:
    toolchain = Toolchain(("openmp", "c++"))
    assert prepare_plan(toolchain, CALL, CallSettings()) == Plan((("cc", "-c", "a.c"),))
    assert toolchain.built == ["openmp", "c++"]


def test_a_missing_component_is_an_error() -> None:
    with pytest.raises(EnvironmentMissingError, match=r"no c\+\+ here"):
        prepare_plan(Toolchain(("c++",), broken="c++"), CALL, CallSettings())


def test_openmp_that_cannot_be_built_is_refused_and_reported_as_lost() -> None:
    refused = prepare_plan(Toolchain(("openmp",), broken="openmp"), CALL, CallSettings())
    assert (refused.status, refused.commands) == (1, ())
    assert "no openmp here" in refused.output
    assert any(note.startswith("feature refused: OpenMP: ") for note in refused.notes)
