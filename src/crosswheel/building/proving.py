"""From the backend's wheel to one in the output directory: repaired, proven, run, and only then published."""

from __future__ import annotations

from fnmatch import fnmatch
from typing import TYPE_CHECKING

from crosswheel.building.model import Stage, WheelResult
from crosswheel.environments.diagnose import missing_library
from crosswheel.errors import AuditError, BuildError, TestError
from crosswheel.host.files import publish
from crosswheel.toolchains.calls import linked_modules
from crosswheel.wheels.archive import WheelName
from crosswheel.wheels.audit import Expectations, audit_wheel
from crosswheel.wheels.repair import Repaired, repair

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.building.pipeline import Ground
    from crosswheel.building.workspace import Workspace
    from crosswheel.sources.model import Source

_LEFT_OUT = frozenset({"declared", "purity"})
"""Checks that find what a build has left out, of which it says the reason in its log."""


def finish(
    ground: Ground, source: Source, raw: Path, declared: frozenset[str], place: Workspace, notes: tuple[str, ...],
    wheels: tuple[str, ...] = (),
) -> WheelResult:  # fmt: skip
    """Repair, prove, test and publish a wheel.

    :param wheels: directories of wheels that were built on the way and serve as dependencies when it is tested.
    :raises AuditError: when it is wrong; it then never gets a wheel's name in the output directory.
    :raises TestError: when it fails on its target.
    """
    _expected_name(ground, source, raw)
    with place.clock.step("repair"):
        repaired = repair(
            ground.host, raw, ground.target, place.finished, source.epoch, build_directory=str(place.root)
        )
    with place.clock.step("audit"):
        _prove(ground, repaired, declared, place)
    stage, remark = (Stage.AUDITED, "pure Python: runs everywhere") if repaired.pure else (Stage.AUDITED, "")
    if ground.options.test:
        with place.clock.step("test"):
            stage, tested = _test(ground, repaired, place, wheels)
            remark = "; ".join(filter(None, (remark, tested)))
    final = publish(repaired.path, ground.options.output_directory.absolute() / str(repaired.name))
    return WheelResult(
        source.label, ground.target, ground.version, stage, final, remark,
        seconds=place.clock.seconds, notes=notes, log=place.log,
    )  # fmt: skip


def _expected_name(ground: Ground, source: Source, raw: Path) -> None:
    """Refuse a wheel for another project, Python or ABI than was asked for."""
    name = WheelName.parse(raw.name)
    version = ground.version
    fits = {version.abi, "abi3", "none"} & set(name.abis)
    if not fits or not any(python.startswith(("cp3", "py3")) for python in name.pythons):
        raise BuildError(
            f"the backend wrote {raw.name}, which is not a wheel for CPython {version}", where=source.label
        )
    if name.pythons == (version.interpreter,) or "abi3" in name.abis or name.abis == ("none",):
        return
    raise BuildError(f"the backend wrote {raw.name} when asked for {version.interpreter}", where=source.label)


def _prove(ground: Ground, repaired: Repaired, declared: frozenset[str], place: Workspace) -> None:
    allowed = ground.options.allow_missing
    if repaired.pure and place.calls.is_file():
        # A project that does without its modules when they cannot be built has tried to build them.
        declared |= linked_modules(place.calls.read_text("utf-8", "replace"))
    expected = frozenset(name for name in declared if not any(fnmatch(name, pattern) for pattern in allowed))
    report = audit_wheel(
        repaired.path,
        Expectations(
            extensions=expected,
            forbidden_paths=(
                str(place.root),
                str(ground.host.cache),
                str(ground.build_python.executable.parent.parent),
            ),
            strict=True,
        ),
    )
    if not report.ok:
        first, *others = report.errors
        more = f" (and {len(others)} more)" if others else ""
        what, hint = f"{repaired.name} is wrong: {first.what}{more}", first.hint
        if first.check in _LEFT_OUT and (cause := missing_library(place.log.read_text("utf-8", "replace"))):
            what, hint = f"{what}; {cause.what}", cause.hint
        raise AuditError(what, where=first.member, hint=hint, log=place.log)


def _test(ground: Ground, repaired: Repaired, place: Workspace, wheels: tuple[str, ...]) -> tuple[Stage, str]:
    from crosswheel.testing import Outcome, TestPlan, test_wheel

    plan = TestPlan(
        commands=ground.options.test_commands,
        requires=ground.options.test_requires,
        timeout=ground.options.test_timeout,
        find_links=(str(ground.options.output_directory.absolute()), *wheels),
        install_options=ground.index.uv_options(),
        install_env=ground.index.uv_environ(),
        project=str(place.root / "source"),
    )
    with ground.host.progress.step("testing"):
        result = test_wheel(ground.host, repaired.path, ground.target, ground.version, plan)
    with place.log.open("a", encoding="utf-8") as log:
        log.write(f"\n--- test: {result.outcome} ---\n{result.said}\n")
    if result.outcome is Outcome.FAILED:
        raise TestError(
            f"{repaired.name} fails on its target: {result.reason}", where=result.interpreter, log=place.log
        )
    return (Stage.TESTED if result.outcome is Outcome.PASSED else Stage.UNTESTED), result.reason or result.interpreter
