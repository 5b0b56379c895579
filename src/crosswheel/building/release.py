"""From a proven wheel to one in the output directory: run, and only then published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.building.model import Stage, WheelResult
from crosswheel.errors import TestError
from crosswheel.host.files import publish

if TYPE_CHECKING:
    from crosswheel.building.model import Combination
    from crosswheel.building.past import Made
    from crosswheel.building.workspace import Workspace
    from crosswheel.sources.model import Source


def release(combination: Combination, source: Source, made: Made, place: Workspace) -> WheelResult:
    """Test and publish a wheel. A wheel that was made before is tested again: machines change, too.

    :raises TestError: when it fails on its target.
    """
    options, stage = combination.options, Stage.AUDITED
    remarks = ["unchanged" if made.unchanged else "", "pure Python: runs everywhere" if made.pure else ""]
    if options.test:
        with place.clock.step("test"):
            if made.unchanged and options.test_commands:
                source.checkout(place.root / "source")
            stage, tested = _test(combination, made, place)
            remarks.append(tested)
    output = options.output_directory.absolute()
    for file in made.beside:
        publish(file, output / file.name)
    final = publish(made.wheel, output / made.wheel.name)
    return WheelResult(
        source.label, combination.target, combination.version, stage, final, "; ".join(filter(None, remarks)),
        seconds=place.clock.seconds, notes=made.notes, log=place.log, unchanged=made.unchanged,
    )  # fmt: skip


def _test(combination: Combination, made: Made, place: Workspace) -> tuple[Stage, str]:
    from crosswheel.testing import Outcome, TestPlan, test_wheel

    host, options = combination.host, combination.options
    plan = TestPlan(
        imports=options.test_imports,
        commands=options.test_commands,
        requires=options.test_requires,
        extras=options.test_extras,
        groups=options.test_groups,
        environment=options.environment,
        timeout=options.test_timeout,
        find_links=(str(options.output_directory.absolute()), *made.wheels),
        install_options=combination.index.uv_options(),
        install_env=combination.index.uv_environ(),
        project=str(place.root / "source"),
    )
    with host.progress.step("testing"):
        result = test_wheel(host, made.wheel, combination.target, combination.version, plan)
    with place.log.open("a", encoding="utf-8") as log:
        log.write(f"\n--- test: {result.outcome} ---\n{result.said}\n")
    if result.outcome is Outcome.FAILED:
        raise TestError(
            f"{made.wheel.name} fails on its target: {result.reason}", where=result.interpreter, log=place.log
        )
    return (Stage.TESTED if result.outcome is Outcome.PASSED else Stage.UNTESTED), result.reason or result.interpreter
