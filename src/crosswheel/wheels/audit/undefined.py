"""Checks of undefined symbols in ELF files: each is Python's, the C library's of the tag, or another library's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.object_files.elf import Elf
from crosswheel.object_files.macho import MachO, Universal
from crosswheel.object_files.wasm import Wasm
from crosswheel.pythons.symbols import builds_exporting, known_names, python_exports
from crosswheel.wheels.audit.libc_symbols import first_version
from crosswheel.wheels.audit.model import AuditFinding, Severity, WheelUnderAudit
from crosswheel.wheels.audit.symbols import is_c_library
from crosswheel.wheels.policies import policy_for

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from crosswheel.object_files import Binary
    from crosswheel.targets import LinuxTarget

_PYTHON = ("Py", "_Py")
_SHOWN = 5


def python_names(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Symbols of Python are exported by each Python that the wheel is for: of its version and build.

    The lists are those of CPython's shared library, by version, for release, debug and free-threaded builds. Modules of
    the stable ABI are checked by `abi3`.
    """
    exported = frozenset(name for binary in subject.modules.values() for name in binary.exported_names)
    for path, binary in subject.modules.items():
        names = _python_imports(binary) - exported
        for abi in _abis(subject):
            known = python_exports(abi) if abi else known_names()
            if known is None or not (missing := sorted(names - known)):
                continue
            builds = builds_exporting(missing[0])
            others = f"; {missing[0]} is of {', '.join(builds)}" if builds else ""
            python = f"CPython does not export for {abi}" if abi else "no CPython exports"
            what = f"uses {', '.join(missing[:_SHOWN])}, which {python}{others}"
            yield AuditFinding("python-names", Severity.ERROR, what, path)
            break


def _python_imports(binary: Binary) -> frozenset[str]:
    """Return the symbols of Python that a file requires; those of DLLs are checked by `python-symbols`."""
    match binary:
        case Elf():
            names = (symbol.name for symbol in binary.undefined if not symbol.weak and symbol.version is None)
        case MachO():
            names = (item.name for item in binary.imports if not item.weak)
        case Universal():
            names = (item.name for part in binary.slices for item in part.imports if not item.weak)
        case Wasm():
            names = (item.name for item in binary.imports if not item.weak)
        case _:
            return frozenset()
    return frozenset(name for name in names if name.startswith(_PYTHON))


def unresolved(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Other undefined symbols are provided by the C library of the tag, or by a library in the wheel.

    glibc's symbols have versions, which the policy limits; one without a version must be in glibc since the tag's
    version. musl has no versions. Symbols of other libraries that a policy allows are not known.
    """
    exported = _exported(subject)
    for path, elf in subject.elf_files.items():
        names = [
            symbol.name
            for symbol in elf.undefined
            if symbol.version is None
            and not symbol.weak
            and symbol.name not in exported
            and not symbol.name.startswith(_PYTHON)
        ]
        for target in subject.linux_targets:
            findings = tuple(_unresolved(subject, path, elf, names, target))
            yield from findings
            if findings:
                break


def _unresolved(
    subject: WheelUnderAudit, path: str, elf: Elf, names: Collection[str], target: LinuxTarget
) -> Iterator[AuditFinding]:
    strict, libc = subject.expectations.strict, target.libc.name
    since = {name: first_version(name, target) for name in names}
    newer = [name for name, version in since.items() if version and version[:2] > target.version]
    if newer and libc == "glibc":
        version = ".".join(map(str, since[newer[0]] or ()))
        what = f"calls {', '.join(newer[:_SHOWN])}, which {libc} has since {version} only, later than {target}"
        yield AuditFinding("unresolved", Severity.ERROR, what, path, "build for a target with a newer C library")
    if libc == "musl" and (late := [name for name, version in since.items() if version]):
        version = ".".join(map(str, since[late[0]] or ()))
        what = f"calls {', '.join(late[:_SHOWN])}, which musl has since {version} only, newer than {target}"
        yield AuditFinding("unresolved", Severity.ERROR if strict else Severity.WARNING, what, path)
    if _needs_unknown_library(subject, elf):
        return
    if unknown := [name for name, version in since.items() if version is None]:
        severity = Severity.ERROR if strict or libc == "musl" else Severity.WARNING
        what = f"undefined symbol not provided by Python, {libc} or a bundled library: {', '.join(unknown[:_SHOWN])}"
        yield AuditFinding("unresolved", severity, what, path, "a library is missing from the link command")


def _needs_unknown_library(subject: WheelUnderAudit, elf: Elf) -> bool:
    """Whether symbols may come from a library of the system, other than the C library's: their lists are not known."""
    bundled = subject.bundled_names
    return any(not is_c_library(library) and library not in bundled for library in elf.needed)


def _exported(subject: WheelUnderAudit) -> frozenset[str]:
    return frozenset(symbol.name for elf in subject.elf_files.values() for symbol in elf.exported)


def _abis(subject: WheelUnderAudit) -> tuple[str, ...]:
    """Return the ABI tags of CPython that the wheel is for; an empty one for any version of CPython."""
    name = subject.contents.name
    if not any(python.startswith(("cp", "py")) for python in name.pythons):
        return ()
    exact = tuple(abi for abi in name.abis if abi.startswith("cp"))
    if exact:
        return exact
    pythons = tuple(python for python in name.pythons if python.startswith("cp3") and python[3:].isdigit())
    return pythons if pythons and "none" in name.abis else ("",)


def blacklisted(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Symbols that a library of the system has under one build of it only are not used (auditwheel's policy)."""
    bundled = subject.bundled_names
    for tag in subject.contents.name.platforms:
        policy = policy_for(tag)
        for path, elf in subject.elf_files.items() if policy else ():
            for library in elf.needed:
                names = policy.forbidden.get(library, frozenset()) if policy and library not in bundled else frozenset()
                if used := sorted(names.intersection(symbol.name for symbol in elf.undefined if not symbol.weak)):
                    what = f"uses {', '.join(used[:_SHOWN])} of {library}, which {tag} does not allow"
                    yield AuditFinding("forbidden-symbols", Severity.ERROR, what, path)
