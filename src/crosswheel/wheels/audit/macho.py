"""Checks specific to Mach-O files."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from posixpath import normpath
from types import MappingProxyType
from typing import TYPE_CHECKING

from crosswheel.targets import MacosTarget, macos_architectures
from crosswheel.targets.tables import parse_version
from crosswheel.wheels.archive import installed_path
from crosswheel.wheels.audit.model import AuditFinding, Severity, WheelUnderAudit
from crosswheel.wheels.policies import is_macos_library

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

_LOADABLE = {"MH_BUNDLE", "MH_DYLIB"}
_PYTHON_PREFIXES = ("Py", "_Py")
_LINKER_SYMBOLS = {"dyld_stub_binder"}
_RELATIVE = ("@loader_path", "@rpath", "@executable_path")


def file_type(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """An importable Mach-O file is a bundle or a dynamic library: dlopen loads nothing else."""
    for path, macho in subject.macho_files():
        if path.endswith((".so", ".dylib")) and macho.kind not in _LOADABLE:
            yield AuditFinding(
                "file-type", Severity.ERROR, f"is {macho.kind}, neither a bundle nor a dynamic library", path
            )


def lookups(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Only Python's symbols are looked up in the flat namespace; every other symbol names its library."""
    for path, macho in subject.macho_files():
        symbols = [
            found.name
            for found in macho.imports
            if found.flat
            and not found.name.startswith(_PYTHON_PREFIXES)
            and found.name not in _LINKER_SYMBOLS
            and not found.weak
        ]
        if symbols and macho.kind in _LOADABLE:
            severity = Severity.ERROR if subject.expectations.strict else Severity.WARNING
            what = f"looks up symbols in the flat namespace: {', '.join(symbols[:5])}"
            yield AuditFinding("flat-lookups", severity, what, path, "a library is missing from the link command")


def system_libraries(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Libraries that a Mach-O file needs are part of macOS (/usr/lib, /System) or of the wheel."""
    bundled = {path.rsplit("/", 1)[-1] for path in subject.modules}
    paths = {installed_path(path) for path in subject.modules}
    run_paths = {(path, entry) for path, macho in subject.macho_files() for entry in macho.run_paths}
    for path, macho in subject.macho_files():
        for library in macho.needed:
            searched = [(path, entry) for entry in macho.run_paths] if macho.kind == "MH_BUNDLE" else run_paths
            if library.rsplit("/", 1)[-1] in bundled and not _is_found(library, path, searched, paths):
                what = f"needs {library}, which is in the wheel, but not where the loader looks for it"
                yield AuditFinding("mac-libraries", Severity.ERROR, what, path)
            elif not is_macos_library(library) and library.rsplit("/", 1)[-1] not in bundled:
                yield AuditFinding(
                    "mac-libraries",
                    Severity.ERROR,
                    f"needs {library}, which is neither part of macOS nor in the wheel",
                    path,
                )
            elif not is_macos_library(library) and not library.startswith(_RELATIVE):
                what = f"needs {library}, a path of the build machine"
                yield AuditFinding("mac-libraries", Severity.ERROR, what, path)


def _is_found(library: str, path: str, run_paths: Iterable[tuple[str, str]], paths: Collection[str]) -> bool:
    """Whether a library of the wheel is at one of the paths that dyld tries; one relative to the program may be.

    :param path: the file that needs it.
    :param run_paths: entries of LC_RPATH with the files that have them: dyld uses those of every file that led here.
    :param paths: where the wheel's files are installed, relative to site-packages.
    """
    here = installed_path(path).rpartition("/")[0] or "."
    name = library.removeprefix("@rpath/")
    if library.startswith("@loader_path/"):
        return normpath(library.replace("@loader_path", here, 1)) in paths
    if name == library:
        return True
    places = ((installed_path(file).rpartition("/")[0] or ".", entry) for file, entry in run_paths)
    return any(
        not entry.startswith("@loader_path") or normpath(f"{entry.replace('@loader_path', place, 1)}/{name}") in paths
        for place, entry in places
    )


def signature(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Architectures that require a code signature (arm64) have one, and its hashes match the pages of the file."""
    signed = {found.cputype for found in macos_architectures().values() if found.signed}
    for path, macho in subject.macho_files():
        found = macho.signature
        if found is None:
            if macho.architecture in signed and macho.kind in _LOADABLE:
                yield AuditFinding(
                    "signature", Severity.ERROR, "has no code signature: macOS kills processes that load it", path
                )
        elif found.damaged:
            yield AuditFinding("signature", Severity.ERROR, f"has an invalid code signature: {found.damaged}", path)
        elif found.wrong:
            pages = ", ".join(map(str, found.wrong[:5]))
            what = f"was modified after signing (page {pages} of {found.pages})"
            yield AuditFinding("signature", Severity.ERROR, what, path)


def install_names(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Install names and run paths of Mach-O files are relative or those of the system, not of a build machine.

    A run path that no needed library is looked up by has no effect, which is common in wheels built elsewhere.
    """
    for path, macho in subject.macho_files():
        searched = any(library.startswith("@rpath/") for library in macho.needed)
        entries = [("install name", macho.install_name or "", False)]
        entries += [("run path", entry, searched) for entry in macho.run_paths]
        for what, entry, has_effect in entries:
            if entry.startswith("/") and not is_macos_library(entry + "/"):
                severity = Severity.ERROR if has_effect or subject.expectations.strict else Severity.WARNING
                yield AuditFinding("install-names", severity, f"has the {what} {entry}", path)


def deployment_target(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """A Mach-O file declares its minimum macOS version; the check `machine` compares it with the platform tag."""
    if not subject.targets_of(MacosTarget):
        return
    for path, macho in subject.macho_files():
        if macho.minimum is None and macho.kind in _LOADABLE:
            yield AuditFinding("deployment-target", Severity.WARNING, "has no minimum macOS version", path)


def system_symbols(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Symbols that a Mach-O file imports from system libraries exist in the minimum macOS version of the platform tag.

    The availability comes from Apple's headers. Newer symbols may be imported weakly and tested for before use, as
    compilers do.
    """
    macos_targets = [part for target in subject.targets_of(MacosTarget) for part in _parts(target)]
    for path, macho in subject.macho_files():
        oldest = [target.version for target in macos_targets if target.architecture.cputype == macho.architecture]
        for found in macho.imports if oldest else ():
            since = macos_symbol_versions().get(found.name, (0, 0))
            if not found.weak and not found.flat and is_macos_library(found.library) and since > min(oldest):
                what = f"needs {found.name}, which requires macOS {since[0]}.{since[1]} or later"
                yield AuditFinding(
                    "system-symbols",
                    Severity.ERROR,
                    what,
                    path,
                    "build for that macOS version, or do not use the symbol",
                )


def _parts(target: MacosTarget) -> tuple[MacosTarget, ...]:
    return target.components() or (target,)


@cache
def macos_symbol_versions() -> Mapping[str, tuple[int, int]]:
    """Return the macOS version that introduced a symbol, for symbols that do not exist in all versions."""
    rows = tomllib.loads(files("crosswheel.wheels.audit").joinpath("macos_symbols.toml").read_text("utf-8"))
    newest_first = sorted(((parse_version(version), names) for version, names in rows.items()), reverse=True)
    return MappingProxyType({name: version for version, names in newest_first for name in names})
