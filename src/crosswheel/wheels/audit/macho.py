"""Checks of Mach-O files, beyond those that all formats share."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

from crosswheel.targets import MacosTarget, macos_architectures
from crosswheel.targets.tables import parse_version
from crosswheel.wheels.audit.model import AuditFinding, Severity, WheelUnderAudit
from crosswheel.wheels.policies import is_macos_library

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LOADABLE = {"MH_BUNDLE", "MH_DYLIB"}
_OF_PYTHON = ("Py", "_Py")
_OF_LINKER = {"dyld_stub_binder"}
_RELATIVE = ("@loader_path", "@rpath", "@executable_path")


def file_type(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """A Mach-O file that is imported is a bundle or a dynamic library: dlopen takes nothing else."""
    for path, macho in subject.macho_files():
        if path.endswith((".so", ".dylib")) and macho.kind not in _LOADABLE:
            yield AuditFinding("file-type", Severity.ERROR, f"is {macho.kind}, which nothing can load", path)


def lookups(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Only Python's symbols are looked up in everything that is loaded; every other one names its library."""
    for path, macho in subject.macho_files():
        lost = [
            found.name
            for found in macho.imports
            if found.flat and not found.name.startswith(_OF_PYTHON) and found.name not in _OF_LINKER and not found.weak
        ]
        if lost and macho.kind in _LOADABLE:
            severity = Severity.ERROR if subject.expectations.strict else Severity.WARNING
            what = f"takes {', '.join(lost[:5])} from wherever it is found"
            yield AuditFinding(
                "flat-lookups", severity, what, path, "a library is missing on the linker's command line"
            )


def system_libraries(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Libraries that a Mach-O file needs are the system's, in /usr/lib or /System, or in the wheel."""
    inside = {path.rsplit("/", 1)[-1] for path in subject.modules}
    for path, macho in subject.macho_files():
        for library in macho.needed:
            if not is_macos_library(library) and library.rsplit("/", 1)[-1] not in inside:
                yield AuditFinding("mac-libraries", Severity.ERROR, f"needs {library}, which no macOS has", path)
            elif not is_macos_library(library) and not library.startswith(_RELATIVE):
                what = f"needs {library}, a place on the machine it was built on"
                yield AuditFinding("mac-libraries", Severity.ERROR, what, path)


def signature(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Where the system wants one (arm64) there is a signature, and its hashes are those of the pages."""
    wanting = {found.cputype for found in macos_architectures().values() if found.signed}
    for path, macho in subject.macho_files():
        found = macho.signature
        if found is None:
            if macho.architecture in wanting and macho.kind in _LOADABLE:
                yield AuditFinding("signature", Severity.ERROR, "has no signature: the system ends who loads it", path)
        elif found.damaged:
            yield AuditFinding("signature", Severity.ERROR, f"has a signature that {found.damaged}", path)
        elif found.wrong:
            pages = ", ".join(map(str, found.wrong[:5]))
            what = f"was changed after it was signed (page {pages} of {found.pages})"
            yield AuditFinding("signature", Severity.ERROR, what, path)


def install_names(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Install names and run paths of Mach-O files are relative, or the system's: no directory of a build machine."""
    for path, macho in subject.macho_files():
        places = [("is installed as", macho.install_name or ""), *(("looks in", place) for place in macho.run_paths)]
        for what, place in places:
            if place.startswith("/") and not is_macos_library(place + "/"):
                severity = Severity.ERROR if what == "looks in" or subject.expectations.strict else Severity.WARNING
                yield AuditFinding("install-names", severity, f"{what} {place}", path)


def deployment_target(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """A Mach-O file says for which macOS it is; the check `machine` compares that with the tag."""
    if not any(isinstance(target, MacosTarget) for target in subject.targets):
        return
    for path, macho in subject.macho_files():
        if macho.minimum is None and macho.kind in _LOADABLE:
            yield AuditFinding("deployment-target", Severity.WARNING, "does not say for which macOS it is", path)


def system_symbols(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """What a Mach-O file must have of the system's libraries is there in the oldest version of the tag.

    By Apple's headers; what is newer may be taken weakly, as compilers do, and asked for before it is called.
    """
    wanted = [part for target in subject.targets if isinstance(target, MacosTarget) for part in _parts(target)]
    for path, macho in subject.macho_files():
        oldest = [target.version for target in wanted if target.architecture.cputype == macho.architecture]
        for found in macho.imports if oldest else ():
            since = macos_symbol_versions().get(found.name, (0, 0))
            if not found.weak and not found.flat and is_macos_library(found.library) and since > min(oldest):
                what = f"needs {found.name}, which there is from macOS {since[0]}.{since[1]} on"
                yield AuditFinding(
                    "system-symbols", Severity.ERROR, what, path, "build for that version, or do without it"
                )


def _parts(target: MacosTarget) -> tuple[MacosTarget, ...]:
    return target.components() or (target,)


@cache
def macos_symbol_versions() -> Mapping[str, tuple[int, int]]:
    """The first version that has a symbol, for those that not every version has."""
    rows = tomllib.loads(files("crosswheel.wheels.audit").joinpath("macos_symbols.toml").read_text("utf-8"))
    newest_first = sorted(((parse_version(version), names) for version, names in rows.items()), reverse=True)
    return MappingProxyType({name: version for version, names in newest_first for name in names})
