"""One wheel of those for the parts of a target: merged, proven, tested and published like others."""

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


def build_universal2(combination: BuildConfiguration, source: Source, parts: Sequence[WheelResult]) -> WheelResult:
    """The wheel of the parts' wheels; whatever goes wrong, with a part too, becomes part of the result.

    :param parts: the results for each of the target's parts; their seconds count as this one's.
    """
    for part in parts:
        if part.error is not None:
            remark = f"there is no wheel for {part.target}"
            return WheelResult(
                source.label, combination.target, combination.python, Stage.FAILED, error=part.error, remark=remark,
                notes=part.notes, log=part.log,
            )  # fmt: skip
    joined = capture_result(combination, source.label, lambda here, place: _joined(here, source, parts, place))
    seconds = dict(joined.seconds)
    for part in parts:
        for step, spent in part.seconds.items():
            seconds[step] = seconds.get(step, 0.0) + spent
    notes = dict.fromkeys(note for part in parts for note in part.notes)
    return replace(joined, seconds=seconds, notes=tuple(notes))


def _joined(
    combination: BuildConfiguration, source: Source, parts: Sequence[WheelResult], place: Workspace
) -> WheelResult:
    place.log.write_text("".join(f"part: {part.wheel}, log: {part.log}\n" for part in parts), "utf-8")
    with place.clock.step("merge"):
        first, second = (part.wheel for part in parts if part.wheel)
        # Each has what its sources declare for its architecture: that is proven of it.
        made = merge_wheels(first, second, place.finished, single=True)
    with place.clock.step("audit"):
        audit_built_wheel(made, Expectations(strict=True), place)
    if combination.options.test:
        source.checkout(place.root / "source")
    pure = WheelName.parse(made.name).is_pure
    return test_and_publish(combination, source, BuiltWheel(made, pure, notes=place.notes(pure=pure)), place)
