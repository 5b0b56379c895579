"""From a proven wheel to one in the output directory: run, and only then published."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from crosswheel.building.results import Stage, WheelResult
from crosswheel.errors import CrosswheelError, TestError
from crosswheel.host.files import move_into_place
from crosswheel.wheels.archive import read_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.building.context import BuildConfiguration
    from crosswheel.building.target_requirements import RequirementBuilder
    from crosswheel.building.test_cache import TestResultCache
    from crosswheel.building.wheel_cache import BuiltWheel
    from crosswheel.building.workspace import Workspace
    from crosswheel.sources.model import Source
    from crosswheel.testing import TestPlan, TestResult


def test_and_publish(
    combination: BuildConfiguration, source: Source, made: BuiltWheel, place: Workspace,
    maker: RequirementBuilder | None = None,
    passed: TestResultCache | None = None,
) -> WheelResult:  # fmt: skip
    """Test and publish a wheel.

    :param maker: builds dependencies that have no wheel for the target, which the test could not install; None for
        nobody who could.
    :param passed: knows of tests that need not be run again; None for nobody who does.
    :raises TestError: when it fails on its target.
    """
    options, stage = combination.options, Stage.AUDITED
    remarks = ["unchanged" if made.cached else "", "pure Python: runs everywhere" if made.pure else ""]
    if options.test:
        with place.clock.step("test"):
            stage, tested = _test(combination, source, made, place, maker, passed)
            remarks.append(tested)
    output = options.output_directory.absolute()
    for file in made.extra_files:
        move_into_place(file, output / file.name)
    final = move_into_place(made.wheel, output / made.wheel.name)
    return WheelResult(
        source.label, combination.target, combination.python, stage, final, "; ".join(filter(None, remarks)),
        seconds=place.clock.seconds, notes=made.notes, log=place.log, cached=made.cached,
        libraries=options.all_libraries,
    )  # fmt: skip


def _test(
    combination: BuildConfiguration, source: Source, made: BuiltWheel, place: Workspace,
    maker: RequirementBuilder | None,
    passed: TestResultCache | None,
) -> tuple[Stage, str]:  # fmt: skip
    from crosswheel.testing import TestOutcome, TestPlan

    options = combination.options
    plan = TestPlan(
        imports=options.test_imports,
        commands=options.test_commands,
        requires=options.test_requires,
        extras=options.test_extras,
        groups=options.test_groups,
        environment=options.environment,
        timeout=options.test_timeout,
        find_links=(str(options.output_directory.absolute()), *made.dependency_wheels),
        install_options=combination.index.uv_options(),
        install_env=combination.index.uv_environ(),
        project=str(place.root / "source"),
    )
    if passed and (interpreter := passed.lookup(made.wheel, plan)):
        return Stage.TESTED, f"tested before on {interpreter}"
    if made.cached and (plan.commands or plan.groups):
        source.checkout(place.root / "source")
    result = _with_dependencies(combination, made.wheel, plan, place, maker)
    with place.log.open("a", encoding="utf-8") as log:
        log.write(f"\n--- test: {result.outcome} ---\n{result.output}\n")
    if result.outcome is TestOutcome.FAILED:
        raise TestError(
            f"{made.wheel.name} fails on its target: {result.reason}", where=result.interpreter, log=place.log
        )
    if result.outcome is not TestOutcome.PASSED:
        return Stage.UNTESTED, result.reason
    if passed:
        passed.store(made.wheel, plan, result)
    return Stage.TESTED, result.interpreter


def _with_dependencies(
    combination: BuildConfiguration, wheel: Path, plan: TestPlan, place: Workspace, maker: RequirementBuilder | None
) -> TestResult:
    """Test a wheel; dependencies without a wheel for the target are built until none is missing, or one cannot be."""
    from crosswheel.testing import test_wheel

    while True:
        with combination.host.progress.step("testing"):
            result = test_wheel(combination.host, wheel, combination.target, combination.python, plan)
        built = place.root / "dependencies"
        missing = next((name for name in result.missing if not (built / name).exists()), None)
        if maker is None or missing is None or not combination.options.dependency_builds:
            return result
        directory = built / missing
        directory.mkdir(parents=True)
        try:
            maker.make(_wanted(combination, wheel, plan, missing), directory)
        except CrosswheelError as error:
            return replace(result, reason=error.what)
        plan = replace(plan, find_links=(*plan.find_links, str(directory)))


def _wanted(combination: BuildConfiguration, wheel: Path, plan: TestPlan, name: str) -> Requirement:
    """What is asked of a dependency: by the wheel, by the test; just its name if another dependency asks."""
    asked = [Requirement(text) for key, text in read_wheel(wheel).headers("METADATA") if key == "Requires-Dist"]
    markers = {**combination.target.markers(combination.python), "extra": ""}
    wanted = Requirement(name)
    for requirement in (*asked, *map(Requirement, plan.requires)):
        holds = requirement.marker is None or requirement.marker.evaluate(dict(markers))
        if holds and canonicalize_name(requirement.name) == canonicalize_name(name):
            wanted.specifier &= requirement.specifier
    return wanted
