"""From the backend's wheel to one that is repaired and proven."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from crosswheel.environments.build_log import missing_library
from crosswheel.errors import AuditError, BuildError
from crosswheel.toolchains.link import modules_linked
from crosswheel.wheels.archive import WheelName
from crosswheel.wheels.audit import Expectations, audit_wheel
from crosswheel.wheels.repair import RepairedWheel, repair_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.building.native_libraries import NativeLibraries
    from crosswheel.building.pipeline import BuildContext
    from crosswheel.building.workspace import Workspace
    from crosswheel.sources.model import Source

_LEFT_OUT = frozenset({"declared", "purity"})
"""Checks that find what a build has left out, of which it says the reason in its log."""

_EVERYWHERE = frozenset({"/", "/usr", "/usr/local"})
"""Directories that are on every machine, so that their names are no trace of this one."""


def repair_and_audit(
    context: BuildContext,
    source: Source,
    raw: Path,
    declared: frozenset[str],
    place: Workspace,
    native: NativeLibraries,
) -> RepairedWheel:
    """Repair and prove what a backend wrote.

    :param native: the libraries it was built with.
    :raises AuditError: when it is wrong; it then never gets a wheel's name in the output directory.
    """
    _expected_name(context, source, raw)
    with place.clock.step("repair"):
        inside = native.linked_into(raw)
        repaired = repair_wheel(
            context.host,
            raw,
            context.target,
            place.finished,
            source.epoch,
            directories=(str(place.root), str(context.host.cache)),
            accompanying=native.dist_info_files(raw.name, inside),
            shared=native.bundled,
        )
    with place.clock.step("audit"):
        expected = _expected(context, repaired, declared, place)
        private = native.hidden_symbols(inside, context.options.export_symbols)
        audit_built_wheel(repaired.path, replace(expected, private=private), place)
    return repaired


def audit_built_wheel(wheel: Path, expectations: Expectations, place: Workspace) -> None:
    """Audit a wheel.

    :raises AuditError: when it is wrong, with the reason that the build's log has for it.
    """
    report = audit_wheel(wheel, expectations)
    if not report.ok:
        first, *others = report.errors
        more = f" (and {len(others)} more)" if others else ""
        what, hint, missing = f"{wheel.name} is wrong: {first.what}{more}", first.hint, None
        if first.check in _LEFT_OUT and (cause := missing_library(place.log.read_text("utf-8", "replace"))):
            what, hint, missing = f"{what}; {cause.what}", cause.hint, cause.missing
        failure = AuditError(what, where=first.member, hint=hint, log=place.log)
        failure.missing = missing
        raise failure


def _expected_name(context: BuildContext, source: Source, raw: Path) -> None:
    """Refuse a wheel for another project, Python or ABI than was asked for."""
    name = WheelName.parse(raw.name)
    version = context.python
    fits = {version.abi, "abi3", "none"} & set(name.abis)
    if not fits or not any(python.startswith(("cp3", "py3")) for python in name.pythons):
        raise BuildError(
            f"the backend wrote {raw.name}, which is not a wheel for CPython {version}", where=source.label
        )
    if name.pythons == (version.interpreter,) or "abi3" in name.abis or name.abis == ("none",):
        return
    raise BuildError(f"the backend wrote {raw.name} when asked for {version.interpreter}", where=source.label)


def _expected(
    context: BuildContext, repaired: RepairedWheel, declared: frozenset[str], place: Workspace
) -> Expectations:
    allowed = context.options.allow_missing
    if repaired.pure and place.calls.is_file():
        # A project that does without its modules when they cannot be built has tried to build them.
        declared |= modules_linked(place.calls.read_text("utf-8", "replace"))
    expected = frozenset(name for name in declared if not any(fnmatch(name, pattern) for pattern in allowed))
    python = str(context.build_python.executable.parent.parent)
    own = (python,) if python not in _EVERYWHERE else ()
    return Expectations(
        extensions=expected, forbidden_paths=(str(place.root), str(context.host.cache), *own), strict=True
    )
