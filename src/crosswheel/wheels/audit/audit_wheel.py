"""The table of all checks, and running them over a wheel."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from crosswheel.object_files import is_binary, read_binary
from crosswheel.platforms import PLATFORMS, platform_of
from crosswheel.targets import target_from_tag
from crosswheel.wheels.archive import read_wheel
from crosswheel.wheels.audit import build_paths, machine, macho, metadata, modules, pe, symbols, wasm
from crosswheel.wheels.audit.model import AuditCheck, AuditReport, Expectations, WheelUnderAudit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CHECKS: Mapping[str, AuditCheck] = MappingProxyType(
    {
        "record": metadata.record,
        "archive": metadata.archive,
        "metadata": metadata.names,
        "tags": metadata.tags,
        "purity": metadata.purity,
        "machine": machine.machine,
        "float-abi": machine.float_abi,
        "objects": machine.objects,
        "hardening": machine.hardening,
        "libc": symbols.libc_family,
        "symbol-versions": symbols.versions,
        "libraries": symbols.libraries,
        "unresolved": symbols.unresolved,
        "cxx-runtime": symbols.cxx_runtime,
        "frozen-libc": symbols.frozen,
        "library-exports": symbols.library_exports,
        "suffix": modules.suffix,
        "init": modules.init,
        "declared": modules.declared,
        "abi3": modules.abi3,
        "run-path": build_paths.run_path,
        "carried": build_paths.carried,
        "host-path": build_paths.host_path,
        "python-of-platform": wasm.one_python,
        "side-module": wasm.side_module,
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
    contents = read_wheel(path)
    binaries = {name: data for name, data in contents.files.items() if is_binary(data)}
    read = {name: read_binary(data) for name, data in binaries.items()}
    subject = WheelUnderAudit(
        contents=contents,
        targets=tuple(target for tag in contents.name.platforms if (target := target_from_tag(tag))),
        modules={name: binary for name, binary in read.items() if binary is not None},
        damaged=tuple(name for name, binary in read.items() if binary is None),
        expectations=expectations or Expectations(),
    )
    own = {platform_of(target).family for target in subject.targets} or PLATFORMS.keys()
    foreign = {name for family, each in PLATFORMS.items() if family not in own for name in each.audit_checks}
    checks = (check for name, check in CHECKS.items() if name not in foreign)
    return AuditReport(path, tuple(finding for check in checks for finding in check(subject)))
