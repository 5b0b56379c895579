"""What came of a build; whatever goes wrong becomes part of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from crosswheel.building.context import BuildConfiguration
from crosswheel.building.workspace import create_workspace
from crosswheel.errors import CrosswheelError
from crosswheel.host import LabelledProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crosswheel.building.workspace import Workspace
    from crosswheel.targets import PythonVersion, Target

_C = TypeVar("_C", bound=BuildConfiguration)


class Stage(StrEnum):
    """How far a wheel came."""

    BUILT = "built"
    AUDITED = "audited"
    TESTED = "tested"
    UNTESTED = "untested"
    FAILED = "failed"


@dataclass(frozen=True)
class WheelResult:
    """What became of one source for one target and one Python.

    :param wheel: the finished wheel in the output directory; None when there is none.
    :param stage: ``audited`` when no test was asked for; ``untested`` when one was and could not be made, for
        the reason in ``remark``.
    :param seconds: wall seconds by step.
    :param libraries: native libraries that it was asked to be built with, or that were found missing.
    :param unchanged: whether it was built before from the same things, and nothing was compiled.
    :param notes: what was noticed on the way: removed paths of the build machine, unusual choices.
    """

    source: str
    target: Target
    python: PythonVersion
    stage: Stage
    wheel: Path | None = None
    remark: str = ""
    error: CrosswheelError | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    log: Path | None = None
    cached: bool = False
    libraries: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is a proven wheel."""
        return self.wheel is not None and self.error is None

    def as_json(self) -> dict[str, Any]:
        """The result in plain values, as ``--json`` prints it."""
        return {
            "source": self.source,
            "target": str(self.target),
            "python": str(self.python),
            "stage": self.stage.value,
            "wheel": str(self.wheel) if self.wheel else None,
            "remark": self.remark,
            "unchanged": self.cached,
            "libraries": list(self.libraries),
            "error": None
            if self.error is None
            else {"what": self.error.what, "where": self.error.where, "hint": self.error.hint},
            "exit_status": 0 if self.error is None else int(self.error.status),
            "seconds": {step: round(value, 3) for step, value in self.seconds.items()},
            "notes": list(self.notes),
            "log": str(self.log) if self.log else None,
        }


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
