"""Tests that wheels have passed hold as long as nothing changes that they depended on."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import pytest

from crosswheel.building import test_cache as module
from crosswheel.building.context import BuildContext
from crosswheel.building.test_cache import TestResultCache
from crosswheel.building.wheel_cache import WheelCache
from crosswheel.environments.packages import RequirementSource
from crosswheel.errors import EnvironmentMissingError
from crosswheel.recipes.sources import SourceChanges
from crosswheel.runners.model import Interpreter
from crosswheel.sources.model import Source
from crosswheel.store.shared import open_shared
from crosswheel.testing import TestOutcome, TestPlan, TestResult
from crosswheel.toolchains.model import Support

ON = "CPython 3.13.5 for riscv64 under qemu"


def passed(context: BuildContext, source: Source) -> TestResultCache:
    return TestResultCache(WheelCache(context, source, RequirementSource()))


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
    monkeypatch.setattr(module, "find_runner", lambda *_: (made, made.support_))
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


RESULT = TestResult(TestOutcome.PASSED, interpreter=ON, installed=("demo", "numpy", "pytest"))


@pytest.fixture
def tests(context: BuildContext, source: Source, machine: Machine, wheel: Path, plan: TestPlan) -> TestResultCache:
    """Which know that the wheel has passed."""
    known = passed(context, source)
    assert known.lookup(wheel, plan) is None
    known.store(wheel, plan, RESULT)
    assert known.lookup(wheel, plan) == ON
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
    tests: TestResultCache, wheel: Path, plan: TestPlan, change: dict[str, object]
) -> None:
    assert tests.lookup(wheel, replace(plan, **change)) is None


def test_every_field_of_a_plan_is_in_the_key_or_excluded_with_a_reason() -> None:
    names = {field.name for field in fields(TestPlan)}
    assert names - set(module.NOT_IN_KEY) == {"imports", "commands", "requires", "extras", "groups", "environment"}
    assert set(module.NOT_IN_KEY) <= names
    assert all(module.NOT_IN_KEY.values())


def test_where_things_lie_does_not_matter(tests: TestResultCache, wheel: Path, plan: TestPlan, tmp_path: Path) -> None:
    moved = wheel.rename(tmp_path / wheel.name)
    other = replace(plan, project="/elsewhere", find_links=(str(tmp_path / "none"),), timeout=5.0)
    assert tests.lookup(moved, other) == ON


def test_other_wheels_sources_machines_and_versions_of_crosswheel(
    tests: TestResultCache, wheel: Path, plan: TestPlan, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = replace(tests.wheel_cache.source, changes=SourceChanges(patches=(("p", b"1"),)))
    assert passed(tests.wheel_cache.context, changed).lookup(wheel, plan) is None
    anew = replace(tests.wheel_cache.context, options=replace(tests.wheel_cache.context.options, rebuild=True))
    assert passed(anew, tests.wheel_cache.source).lookup(wheel, plan) is None
    for name, value in (
        ("interpreted", "3.13.6"),
        ("interpreted", ""),
        ("support_", Support(available=False, reason="no Node.js")),
    ):
        with monkeypatch.context() as changes:
            changes.setattr(machine, name, value)
            assert tests.lookup(wheel, plan) is None
    with monkeypatch.context() as changes:
        changes.setattr(module, "own_digest", lambda: "another")
        assert tests.lookup(wheel, plan) is None
    assert tests.lookup(wheel, plan) == ON
    wheel.write_bytes(b"other")
    assert tests.lookup(wheel, plan) is None


def test_wheels_of_dependencies_that_lie_about_count(
    tests: TestResultCache, wheel: Path, plan: TestPlan, tmp_path: Path
) -> None:
    dist = tmp_path / "dist"
    (dist / wheel.name).write_bytes(b"its own, published")
    (dist / "other-1.0-py3-none-any.whl").write_bytes(b"1")
    assert tests.lookup(wheel, plan) == ON
    (dist / "numpy-2.0-py3-none-any.whl").write_bytes(b"1")
    assert tests.lookup(wheel, plan) is None
    tests.store(wheel, plan, RESULT)
    assert tests.lookup(wheel, plan) == ON
    (dist / "numpy-2.0-py3-none-any.whl").write_bytes(b"2")
    assert tests.lookup(wheel, plan) is None


def test_what_is_not_wholly_known_is_not_kept(
    context: BuildContext, source: Source, machine: Machine, wheel: Path, plan: TestPlan
) -> None:
    known = passed(context, source)
    known.store(wheel, plan, replace(RESULT, installed=()))
    assert known.lookup(wheel, plan) is None
    asking = replace(plan, environment={"A": "$(date)"})
    known.store(wheel, asking, RESULT)
    assert known.lookup(wheel, asking) is None


def test_other_machines_are_not_told(
    context: BuildContext, source: Source, machine: Machine, wheel: Path, plan: TestPlan, tmp_path: Path
) -> None:
    shared = open_shared((tmp_path / "shared").as_uri())
    passed(replace(context, store=replace(context.store, shared=shared)), source).store(wheel, plan, RESULT)
    assert not list((tmp_path / "shared").rglob("demo*"))
    assert passed(context, source).lookup(wheel, plan) == ON
