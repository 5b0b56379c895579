"""The table of all checks, and running them over a wheel."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from crosswheel.errors import CrosswheelError
from crosswheel.platforms import PLATFORMS, platform_of
from crosswheel.targets import target_from_tag
from crosswheel.wheels.archive import read_wheel
from crosswheel.wheels.audit import (
    build_paths,
    elf_files,
    entry_points,
    machine,
    macho,
    members,
    metadata,
    modules,
    pe,
    record,
    symbols,
    undefined,
    wasm,
    wheel_file,
)
from crosswheel.wheels.audit.model import (
    AuditCheck,
    AuditFinding,
    AuditReport,
    Expectations,
    Severity,
    WheelUnderAudit,
)
from crosswheel.wheels.loaded_files import compiled_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from crosswheel.wheels.archive import WheelContents

NOT_COMPLETED = "the check could not be completed"
CHECKS: Mapping[str, AuditCheck] = MappingProxyType(
    {
        "record": record.record,
        "archive": members.archive,
        "file-names": members.file_names,
        "layout": members.layout,
        "metadata": metadata.names,
        "core-metadata": metadata.core_metadata,
        "requires-python": metadata.requires_python,
        "entry-points": entry_points.entry_points,
        "wheel-version": wheel_file.wheel_version,
        "tags": wheel_file.tags,
        "purity": wheel_file.purity,
        "machine": machine.machine,
        "float-abi": machine.float_abi,
        "objects": machine.objects,
        "data-files": machine.data_files,
        "hardening": machine.hardening,
        "libc": symbols.libc_family,
        "symbol-versions": symbols.versions,
        "libraries": symbols.libraries,
        "elf-file": elf_files.loadable,
        "policy": elf_files.policies,
        "musl-loader": elf_files.musl_loader,
        "python-names": undefined.python_names,
        "unresolved": undefined.unresolved,
        "forbidden-symbols": undefined.blacklisted,
        "cxx-runtime": symbols.cxx_runtime,
        "frozen-libc": symbols.frozen,
        "library-exports": symbols.library_exports,
        "suffix": modules.suffix,
        "init": modules.init,
        "no-module": modules.no_module,
        "declared": modules.declared,
        "abi3": modules.abi3,
        "run-path": build_paths.run_path,
        "carried": build_paths.carried,
        "host-path": build_paths.host_path,
        "python-of-platform": wasm.one_python,
        "side-module": wasm.side_module,
        "runtime-abi": wasm.runtime_abi,
        "side-libraries": wasm.libraries,
        "exceptions": wasm.exceptions,
        "clashes": wasm.clashes,
        "file-type": macho.file_type,
        "deployment-target": macho.deployment_target,
        "flat-lookups": macho.lookups,
        "mac-libraries": macho.system_libraries,
        "system-symbols": macho.system_symbols,
        "signature": macho.signature,
        "install-names": macho.install_names,
        "dll": pe.file_type,
        "subsystem": pe.subsystem,
        "pyd-suffix": pe.file_name,
        "python-dll": pe.python_library,
        "python-symbols": pe.python_symbols,
        "dlls": pe.libraries,
        "dll-directory": pe.library_directories,
        "debug-file": pe.debug_file,
        "time-stamp": pe.time_stamp,
    }
)
"""All checks, by the name that their findings carry."""


def audit_wheel(path: Path, expectations: Expectations | None = None) -> AuditReport:
    """Audit a wheel, built by crosswheel or not.

    :param expectations: what is known about the wheel in advance; by default nothing.
    :raises AuditError: if it cannot be read as a wheel.
    """
    return AuditReport(path, audit_contents(read_wheel(path), expectations))


def audit_contents(contents: WheelContents, expectations: Expectations | None = None) -> tuple[AuditFinding, ...]:
    """Audit the contents of a wheel; see :func:`audit_wheel`.

    :raises AuditError: if it has not exactly one .dist-info directory, without which there is nothing to check.
    """
    _ = contents.info
    targets = tuple(target for tag in contents.name.platforms if (target := target_from_tag(tag)))
    compiled = compiled_files(contents, targets)
    subject = WheelUnderAudit(
        contents=contents,
        targets=targets,
        modules=compiled.loaded,
        damaged=compiled.damaged,
        data=compiled.data,
        expectations=expectations or Expectations(),
    )
    own = {platform_of(target).family for target in subject.targets} or PLATFORMS.keys()
    foreign = {name for family, each in PLATFORMS.items() if family not in own for name in each.audit_checks}
    checks = ((name, check) for name, check in CHECKS.items() if name not in foreign)
    return tuple(finding for name, check in checks for finding in _findings(name, check, subject))


def _findings(name: str, check: AuditCheck, subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Run a check. If it cannot be completed that is an error, and the other checks run all the same."""
    try:
        yield from check(subject)
    except CrosswheelError as error:
        yield AuditFinding(name, Severity.ERROR, error.what, error.where or "", error.hint)
    except Exception as error:  # a library's for a damaged file: what was not checked is not right
        yield AuditFinding(name, Severity.ERROR, f"{NOT_COMPLETED}: {type(error).__name__}: {error}")
