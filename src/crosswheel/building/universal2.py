"""Wheels for several architectures (macOS universal2): merged from the wheels of each, audited, tested, published."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crosswheel.building.repair_and_audit import audit_built_wheel
from crosswheel.building.results import Stage, WheelResult, capture_result
from crosswheel.building.test_and_publish import test_and_publish
from crosswheel.building.wheel_cache import BuiltWheel
from crosswheel.wheels.archive import WheelName
from crosswheel.wheels.audit import Expectations
from crosswheel.wheels.merge import merge_wheels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosswheel.building.context import BuildConfiguration
    from crosswheel.building.workspace import Workspace
    from crosswheel.sources.model import Source


def build_universal2(configuration: BuildConfiguration, source: Source, parts: Sequence[WheelResult]) -> WheelResult:
    """Merge, audit, test and publish the wheel made from the wheels of a target's parts.

    :param parts: the results for each of the target's parts, in order.
    :returns: the result, whose times include those of the parts. If a part failed it has the part's error.
    """
    for part in parts:
        if part.error is not None:
            remark = f"there is no wheel for {part.target}"
            return WheelResult(
                source.label, configuration.target, configuration.python, Stage.FAILED, error=part.error, remark=remark,
                notes=part.notes, log=part.log,
            )  # fmt: skip
    result = capture_result(
        configuration,
        source.label,
        lambda configuration, workspace: _merge_test_publish(configuration, source, parts, workspace),
    )
    seconds = dict(result.seconds)
    for part in parts:
        for step, spent in part.seconds.items():
            seconds[step] = seconds.get(step, 0.0) + spent
    notes = dict.fromkeys(note for part in parts for note in part.notes)
    degraded = dict.fromkeys(each for part in parts for each in part.degraded)
    return replace(result, seconds=seconds, notes=tuple(notes), degraded=tuple(degraded))


def _merge_test_publish(
    configuration: BuildConfiguration, source: Source, parts: Sequence[WheelResult], workspace: Workspace
) -> WheelResult:
    workspace.log.write_text("".join(f"part: {part.wheel}, log: {part.log}\n" for part in parts), "utf-8")
    with workspace.clock.step("merge"):
        first, second = (part.wheel for part in parts if part.wheel)
        wheel = merge_wheels(first, second, workspace.finished, single=True)
    with workspace.clock.step("audit"):
        # The audits of the parts compared each with the extension modules declared for its architecture.
        audit_built_wheel(wheel, Expectations(strict=True), workspace)
    tree = source.checkout(workspace.source_root) if configuration.options.test else None
    pure = WheelName.parse(wheel.name).is_pure
    return test_and_publish(
        configuration, source, BuiltWheel(wheel, pure, notes=workspace.notes(pure=pure), source_tree=tree), workspace
    )
