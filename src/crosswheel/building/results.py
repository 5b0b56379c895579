"""Results of builds; an error is part of a result."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from crosswheel.building.context import BuildConfiguration
from crosswheel.building.workspace import create_workspace
from crosswheel.errors import CrosswheelError, ExitStatus, full_disk_error
from crosswheel.host import LabelledProgress
from crosswheel.host.files import read_log
from crosswheel.host.scratch import is_temporary
from crosswheel.sealing import SealRecord
from crosswheel.sealing.sandbox import BUILD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crosswheel.building.degraded import Degradation
    from crosswheel.building.workspace import Workspace
    from crosswheel.targets import PythonVersion, Target

_Configuration = TypeVar("_Configuration", bound=BuildConfiguration)


class Stage(StrEnum):
    """The last stage that a wheel reached."""

    BUILT = "built"
    AUDITED = "audited"
    TESTED = "tested"
    UNTESTED = "untested"
    FAILED = "failed"


@dataclass(frozen=True)
class WheelResult:
    """The result of building one source for one target and one Python.

    :param source: the source's label, or the request's text if there is no source.
    :param stage: ``audited`` if no test was requested; ``untested`` if one was requested but could not run, for the
        reason in ``remark``.
    :param lacks_test: whether an untested wheel has the exit status of its own: there are test commands, or what the
        test requires could not be downloaded.
    :param wheel: the wheel in the output directory, None if there is none.
    :param remark: a few words on the result, for people.
    :param seconds: wall-clock time by step.
    :param notes: warnings, such as paths of the build machine that were removed from compiler calls.
    :param degraded: what the build has lost on the way, although it succeeded.
    :param log: the build's log, if it was written.
    :param cached: whether the wheel is from the cache.
    :param seal: how the programs of the build ran.
    :param test_seal: how the programs of its test ran; None if none ran now.
    :param shareable: whether the wheel is what builds for other Pythons, and other targets if it is pure, would make.
    :param shared_wheel: the wheel that was built for another Python or target and is this result's too.
    :param digest: SHA-256 of the wheel.
    :param libraries: the native libraries it was requested to be built with, including those found missing.
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
    degraded: tuple[Degradation, ...] = ()
    log: Path | None = None
    cached: bool = False
    lacks_test: bool = False
    shareable: bool = False
    shared_wheel: Path | None = None
    digest: str = ""
    libraries: tuple[str, ...] = ()
    seal: SealRecord = field(default_factory=SealRecord)
    test_seal: SealRecord | None = None

    @property
    def ok(self) -> bool:
        """Whether there is a wheel and no error."""
        return self.wheel is not None and self.error is None

    @property
    def status(self) -> ExitStatus:
        """The exit status of a command with this result only."""
        if self.error is not None:
            return self.error.status
        return ExitStatus.UNTESTED if self.lacks_test else ExitStatus.OK

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON values, as ``--json`` prints it."""
        return {
            "source": self.source,
            "target": str(self.target),
            "python": str(self.python),
            "stage": self.stage.value,
            "wheel": str(self.wheel) if self.wheel else None,
            "remark": self.remark,
            "unchanged": self.cached,
            "libraries": list(self.libraries),
            **self.seal.as_json(),
            "test": self.test_seal.as_json() if self.test_seal else None,
            "error": None
            if self.error is None
            else {"what": self.error.what, "where": self.error.where, "hint": self.error.hint},
            "exit_status": int(self.status),
            "seconds": {step: round(value, 3) for step, value in self.seconds.items()},
            "notes": list(self.notes),
            "degraded": [each.as_json() for each in self.degraded],
            "log": str(self.log) if self.log else None,
        }


_LOG_END = 20_000
"""Characters at the end of a log in which the reason of a failure is."""


def capture_result(
    configuration: _Configuration, source: str, work: Callable[[_Configuration, Workspace], WheelResult]
) -> WheelResult:
    """Run work on one source in a workspace of its own; return its result, or its error as a result.

    :param source: the source's label, for logs and progress messages.
    :param work: called with the configuration, whose progress messages are labelled, and the workspace.
    """
    target, version, options = configuration.target, configuration.python, configuration.options
    progress = LabelledProgress(configuration.host.progress, f"{source} {version.abi} {target.alias}")
    configuration = replace(configuration, host=replace(configuration.host, progress=progress))
    label, seal = f"{source}-{version.abi}-{target}", configuration.seal
    with create_workspace(configuration.host, label, keep=options.keep, seal=seal) as workspace:
        try:
            return work(configuration, workspace)
        except CrosswheelError as reported:
            log = workspace.log if workspace.log.is_file() else None
            output = f"{reported.what}\n{read_log(workspace.log)[-_LOG_END:]}"
            error = full_disk_error(output, reported.where or source) or reported
            error.log = reported.log or log
            _name_project_files(error, source, workspace)
            return WheelResult(
                source,
                target,
                version,
                Stage.FAILED,
                error=error,
                remark=f"build directory kept: {workspace.root}" if options.keep else "",
                seconds=workspace.clock.seconds,
                notes=workspace.notes(),
                libraries=options.all_libraries,
                log=log,
                seal=workspace.sandbox.record(),
            )


def _name_project_files(error: CrosswheelError, source: str, workspace: Workspace) -> None:
    """Name files of the source tree by their paths in it, and other temporary files by their source."""
    sandbox, root = workspace.sandbox, workspace.source_root
    error.what = error.what.replace(f"{sandbox.inside(root)}/", "")
    if error.where is not None and error.where.startswith(f"{BUILD}/"):  # others are the build machine's already
        error.where = sandbox.paths.outside(error.where)
    name_lasting_place(error, source, root)


def name_lasting_place(error: CrosswheelError, source: str, source_root: Path | None = None) -> None:
    """Replace the path of a temporary file or directory in an error: it is deleted when the error is read.

    :param source: the source's label, which stands for directories of the build.
    :param source_root: the directory of its tree; files in it are named by their paths in it.
    """
    if source_root is not None:
        error.what = error.what.replace(f"{source_root}/", "")
    if error.where is None or not is_temporary(error.where):
        return
    path = Path(error.where)
    if source_root is not None and path != source_root and path.is_relative_to(source_root):
        error.where = str(path.relative_to(source_root))
    else:
        error.where = source
