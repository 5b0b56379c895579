"""Tests that wheels have passed hold as long as nothing changes that they depended on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from crosswheel.building import test_cache as module
from crosswheel.building.pipeline import Ground
from crosswheel.building.test_cache import PassedTests
from crosswheel.building.wheel_cache import Past
from crosswheel.environments.packages import Packages
from crosswheel.errors import EnvironmentMissingError
from crosswheel.recipes.sources import Changes
from crosswheel.runners.model import Interpreter
from crosswheel.sources.model import Source
from crosswheel.store.shared import open_shared
from crosswheel.testing import Outcome, TestPlan, TestResult
from crosswheel.toolchains.model import Support

ON = "CPython 3.13.5 for riscv64 under qemu"


def passed(ground: Ground, source: Source) -> PassedTests:
    return PassedTests(Past(ground, source, Packages()))


@dataclass
class Machine:
    """What runs the target's Python, or does not."""

    interpreted: str = "3.13.5"
    support_: Support = field(default_factory=lambda: Support(available=True))

    def interpreter(self, _target: object, version: object) -> Interpreter:
        if not self.interpreted:
            raise EnvironmentMissingError("it is gone")
        return Interpreter(Path("/python"), version, self.interpreted, ON)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(module, "find_emulator", lambda *_: (made, made.support_))
    return made


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "made" / "demo-1.0-cp313-cp313-manylinux_2_31_riscv64.whl"
    path.parent.mkdir()
    path.write_bytes(b"wheel")
    return path


@pytest.fixture
def plan(tmp_path: Path) -> TestPlan:
    dist = tmp_path / "dist"
    dist.mkdir()
    return TestPlan(
        commands=("pytest",), requires=("pytest",), environment={"A": "1"}, find_links=(str(dist),),
        install_options=("--prerelease", "allow"), install_env={"UV_DEFAULT_INDEX": "https://a"},
        project=str(tmp_path / "source"),
    )  # fmt: skip


RESULT = TestResult(Outcome.PASSED, interpreter=ON, installed=("demo", "numpy", "pytest"))


@pytest.fixture
def tests(ground: Ground, source: Source, machine: Machine, wheel: Path, plan: TestPlan) -> PassedTests:
    """Which know that the wheel has passed."""
    known = passed(ground, source)
    assert known.interpreter(wheel, plan) is None
    known.keep(wheel, plan, RESULT)
    assert known.interpreter(wheel, plan) == ON
    return known


@pytest.mark.parametrize(
    "change",
    [
        {"commands": ("pytest -x",)},
        {"imports": ("demo",)},
        {"requires": ()},
        {"extras": ("all",)},
        {"groups": ("test",)},
        {"environment": {"A": "2"}},
        {"install_options": ()},
        {"install_env": {"UV_DEFAULT_INDEX": "https://b"}},
    ],
)
def test_another_test_is_none_that_was_passed(
    tests: PassedTests, wheel: Path, plan: TestPlan, change: dict[str, object]
) -> None:
    assert tests.interpreter(wheel, replace(plan, **change)) is None


def test_where_things_lie_does_not_matter(tests: PassedTests, wheel: Path, plan: TestPlan, tmp_path: Path) -> None:
    moved = wheel.rename(tmp_path / wheel.name)
    other = replace(plan, project="/elsewhere", find_links=(str(tmp_path / "none"),), timeout=5.0)
    assert tests.interpreter(moved, other) == ON


def test_other_wheels_sources_machines_and_versions_of_crosswheel(
    tests: PassedTests, wheel: Path, plan: TestPlan, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = replace(tests.past.source, changes=Changes(patches=(("p", b"1"),)))
    assert passed(tests.past.ground, changed).interpreter(wheel, plan) is None
    anew = replace(tests.past.ground, options=replace(tests.past.ground.options, rebuild=True))
    assert passed(anew, tests.past.source).interpreter(wheel, plan) is None
    for name, value in (
        ("interpreted", "3.13.6"),
        ("interpreted", ""),
        ("support_", Support(available=False, reason="no Node.js")),
    ):
        with monkeypatch.context() as changes:
            changes.setattr(machine, name, value)
            assert tests.interpreter(wheel, plan) is None
    with monkeypatch.context() as changes:
        changes.setattr(module, "own_digest", lambda: "another")
        assert tests.interpreter(wheel, plan) is None
    assert tests.interpreter(wheel, plan) == ON
    wheel.write_bytes(b"other")
    assert tests.interpreter(wheel, plan) is None


def test_wheels_of_dependencies_that_lie_about_count(
    tests: PassedTests, wheel: Path, plan: TestPlan, tmp_path: Path
) -> None:
    dist = tmp_path / "dist"
    (dist / wheel.name).write_bytes(b"its own, published")
    (dist / "other-1.0-py3-none-any.whl").write_bytes(b"1")
    assert tests.interpreter(wheel, plan) == ON
    (dist / "numpy-2.0-py3-none-any.whl").write_bytes(b"1")
    assert tests.interpreter(wheel, plan) is None
    tests.keep(wheel, plan, RESULT)
    assert tests.interpreter(wheel, plan) == ON
    (dist / "numpy-2.0-py3-none-any.whl").write_bytes(b"2")
    assert tests.interpreter(wheel, plan) is None


def test_what_is_not_wholly_known_is_not_kept(
    ground: Ground, source: Source, machine: Machine, wheel: Path, plan: TestPlan
) -> None:
    known = passed(ground, source)
    known.keep(wheel, plan, replace(RESULT, installed=()))
    assert known.interpreter(wheel, plan) is None
    asking = replace(plan, environment={"A": "$(date)"})
    known.keep(wheel, asking, RESULT)
    assert known.interpreter(wheel, asking) is None


def test_other_machines_are_not_told(
    ground: Ground, source: Source, machine: Machine, wheel: Path, plan: TestPlan, tmp_path: Path
) -> None:
    shared = open_shared((tmp_path / "shared").as_uri())
    passed(replace(ground, store=replace(ground.store, shared=shared)), source).keep(wheel, plan, RESULT)
    assert not list((tmp_path / "shared").rglob("demo*"))
    assert passed(ground, source).interpreter(wheel, plan) == ON
