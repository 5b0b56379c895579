"""Repairing and auditing the wheel that the build backend wrote."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from crosswheel.building.refusals import explain_refusal
from crosswheel.building.sharing import has_native_sources
from crosswheel.environments.build_log import compiler_error, missing_library
from crosswheel.errors import AuditError, BuildError
from crosswheel.host.files import read_log
from crosswheel.toolchains.link import linked_modules
from crosswheel.wheels.archive import WheelName
from crosswheel.wheels.audit import Expectations, audit_wheel
from crosswheel.wheels.repair import NEUTRAL, RepairedWheel, repair_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.building.context import BuildContext
    from crosswheel.building.native_libraries import NativeLibraries
    from crosswheel.building.workspace import Workspace
    from crosswheel.sources.model import Source

_OMISSION_CHECKS = frozenset({"declared", "purity"})
"""Audit checks that find what the build has left out; the reason is usually in its log."""

_COMMON_PREFIXES = frozenset({"/", "/usr", "/usr/local"})
"""Directories that exist on every machine: their names in a wheel are no trace of the build machine."""


def repair_and_audit(
    context: BuildContext,
    source: Source,
    raw: Path,
    declared: frozenset[str],
    workspace: Workspace,
    native_libraries: NativeLibraries,
) -> RepairedWheel:
    """Repair and audit the backend's wheel.

    :param raw: the backend's wheel.
    :param declared: names of the extension modules that the backend declared.
    :param native_libraries: the libraries it was built with.
    :raises BuildError: if the wheel is for another Python.
    :raises AuditError: if the wheel fails the audit; it is not published then.
    """
    _check_name(context, source, raw)
    with workspace.clock.step("repair"):
        linked = native_libraries.linked_into(raw)
        repaired = repair_wheel(
            context.host,
            raw,
            context.target,
            workspace.finished,
            source.epoch,
            directories=_directories(context, workspace),
            dist_info_files=native_libraries.dist_info_files(raw.name, linked),
            shared=native_libraries.bundled,
        )
    with workspace.clock.step("audit"):
        expectations = _expectations(context, repaired, declared, workspace)
        private = native_libraries.hidden_symbols(linked, context.options.export_symbols)
        audit_built_wheel(repaired.path, replace(expectations, private_symbols=private), workspace)
    return repaired


def audit_built_wheel(wheel: Path, expectations: Expectations, workspace: Workspace) -> None:
    """Audit a wheel.

    :raises AuditError: if the wheel fails the audit. If a module is missing, with the reason found in the build's log.
    """
    report = audit_wheel(wheel, expectations)
    if not report.ok:
        first, *others = report.errors
        more = f" (and {len(others)} more)" if others else ""
        what, hint, missing = f"{wheel.name} failed the audit: {first.what} ({first.check}){more}", first.hint, None
        log, calls = (read_log(path) for path in (workspace.log, workspace.calls))
        if first.check in _OMISSION_CHECKS:
            if cause := missing_library(log):
                what, hint, missing = f"{what}; {cause.what}", cause.hint, cause.missing
            elif message := compiler_error(log):
                what = f"{what}; the first error of the build: {message}"
                hint = "the project goes on when this fails: see the log"
        elif explanation := explain_refusal(first.check, first.member, log, calls):
            what, hint = f"{what}; {explanation[0]}", explanation[1]
        failure = AuditError(what, where=first.member, hint=hint, log=workspace.log)
        failure.missing = missing
        raise failure


def _check_name(context: BuildContext, source: Source, raw: Path) -> None:
    """Raise if the wheel's tags are for another Python or ABI than was requested."""
    name = WheelName.parse(raw.name)
    version = context.python
    fits = {version.abi, "abi3", "none"} & set(name.abis)
    if not fits or not any(python.startswith(("cp3", "py3")) for python in name.pythons):
        raise BuildError(
            f"the backend wrote {raw.name}, which is not a wheel for CPython {version}", where=source.label
        )
    if name.pythons == (version.interpreter,) or "abi3" in name.abis or name.abis == ("none",):
        return
    raise BuildError(f"the backend wrote {raw.name} instead of a wheel for {version.interpreter}", where=source.label)


def _expectations(
    context: BuildContext, repaired: RepairedWheel, declared: frozenset[str], workspace: Workspace
) -> Expectations:
    """Return what the wheel is audited for: its extension modules, and no paths of the build machine."""
    allowed = context.options.allow_missing
    if repaired.pure and workspace.calls.is_file():
        # Projects with optional extension modules do not declare those that failed to build, but link them.
        declared |= linked_modules(workspace.calls.read_text("utf-8", "replace"))
    expected = frozenset(name for name in declared if not any(fnmatch(name, pattern) for pattern in allowed))
    python_prefix = str(context.build_python.executable.parent.parent)
    forbidden = _directories(context, workspace)
    if python_prefix not in _COMMON_PREFIXES:
        forbidden.append(python_prefix)
    return Expectations(
        extensions=expected,
        forbidden_paths=tuple(forbidden),
        build_paths=workspace.inside_directories,
        compiles=workspace.compiled() or has_native_sources(workspace.source_root),
        strict=True,
    )


def _directories(context: BuildContext, workspace: Workspace) -> list[str]:
    """Return the build's directories that are replaced in text; ``/build`` is what they are replaced with."""
    paths = [str(workspace.root), str(context.host.cache)]
    inside = map(workspace.sandbox.inside, paths)
    return list(dict.fromkeys((*paths, *(path for path in inside if path != NEUTRAL))))
