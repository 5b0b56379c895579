"""Work for one source in one combination, in a workspace of its own; whatever goes wrong becomes part of the result."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from crosswheel.building.options_model import BuildConfiguration, Stage, WheelResult
from crosswheel.building.workspace import create_workspace
from crosswheel.errors import CrosswheelError
from crosswheel.host import LabelledProgress

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosswheel.building.workspace import Workspace

_C = TypeVar("_C", bound=BuildConfiguration)


def capture_result(combination: _C, source: str, work: Callable[[_C, Workspace], WheelResult]) -> WheelResult:
    """What came of the work, be it an error.

    :param source: the source's label, for logs and for who watches.
    """
    target, version, options = combination.target, combination.python, combination.options
    watched = LabelledProgress(combination.host.progress, f"{source} {version.abi} {target.alias}")
    combination = replace(combination, host=replace(combination.host, progress=watched))
    with create_workspace(combination.host, f"{source}-{version.abi}-{target}", keep=options.keep) as place:
        try:
            return work(combination, place)
        except CrosswheelError as error:
            log = place.log if place.log.is_file() else None
            error.log = error.log or log
            return WheelResult(
                source,
                target,
                version,
                Stage.FAILED,
                error=error,
                remark=f"kept in {place.root}" if options.keep else "",
                seconds=place.clock.seconds,
                notes=place.notes(),
                libraries=options.all_libraries,
                log=log,
            )
