"""Checks of what compiled files take from elsewhere, and give to others."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from crosswheel.object_files import is_module
from crosswheel.wheels.audit.model import AuditFinding, Severity, WheelUnderAudit
from crosswheel.wheels.policies import policy_for

if TYPE_CHECKING:
    from collections.abc import Iterator

_CXX_RUNTIME = re.compile(
    r"_Z(N[KVO]*St|St|T[ISVT]N?St|GVN?St|[dn][law][PwmSj]|N10__cxxabiv1|T[ISV]N10__cxxabiv1)"
    r"|__cxa_(?!finalize)|__gxx_personality|_Unwind_|__dynamic_cast"
)

_MUSL = re.compile(r"libc\.musl-|ld-musl-")
_GLIBC = re.compile(r"lib(c|m|dl|pthread|rt|util|resolv)\.so\.\d|ld-linux")


def libc_family(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """A module for glibc needs glibc, one for musl musl."""
    for path, elf in subject.elf_files.items():
        for target in subject.linux_targets:
            foreign = _MUSL if target.libc.name == "glibc" else _GLIBC
            if any(foreign.match(library) for library in elf.needed):
                yield AuditFinding("libc", Severity.ERROR, f"needs another C library than {target} means", path)


def versions(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Symbol versions are those the policy allows (PEP 600)."""
    inside = _inside(subject)
    for tag, (path, elf) in (
        (tag, item) for tag in subject.contents.name.platforms for item in subject.elf_files.items()
    ):
        policy = policy_for(tag)
        if policy is None:
            continue
        for need in elf.versions:
            allowed = policy.versions.get(need.version.partition("_")[0])
            if allowed is not None and need.version not in allowed and need.library not in inside:
                users = [symbol.name for symbol in elf.undefined if symbol.version == need.version]
                what = f"needs {need.version} of {need.library} ({', '.join(users[:3])}), which is newer than {tag}"
                yield AuditFinding(
                    "symbol-versions", Severity.ERROR, what, path, "build for a target with a newer C library"
                )


def libraries(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Needed libraries are in the wheel or promised by the policy."""
    inside = _inside(subject)
    for tag, (path, elf) in (
        (tag, item) for tag in subject.contents.name.platforms for item in subject.elf_files.items()
    ):
        policy = policy_for(tag)
        for library in elf.needed:
            if policy is not None and not policy.allows_library(library) and library not in inside:
                yield AuditFinding("libraries", Severity.ERROR, f"needs {library}, which {tag} does not promise", path)
            elif subject.expectations.strict and library.startswith(("libstdc++", "libgcc_s", "libc++")):
                yield AuditFinding(
                    "libraries", Severity.ERROR, f"needs {library}; the C++ runtime should be inside", path
                )


def unresolved(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Every symbol taken from glibc carries a version, so one without is Python's, or nobody's."""
    given = {symbol.name for elf in subject.elf_files.values() for symbol in elf.exported}
    severity = Severity.ERROR if subject.expectations.strict else Severity.WARNING
    for path, elf in subject.elf_files.items():
        if not all(target.libc.name == "glibc" for target in subject.linux_targets):
            return
        lost = [
            symbol.name
            for symbol in elf.undefined
            if symbol.version is None
            and not symbol.weak
            and symbol.name not in given
            and not symbol.name.startswith(("Py", "_Py"))
            and symbol.name not in {"__tls_get_addr", "__stack_chk_guard", "_GLOBAL_OFFSET_TABLE_"}
        ]
        if lost:
            yield AuditFinding(
                "unresolved", severity, f"takes {', '.join(lost[:5])} from nowhere", path, "a library is missing"
            )


def cxx_runtime(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """The C++ runtime a module carries is its own business: exported, it would mix with other modules'."""
    severity = Severity.ERROR if subject.expectations.strict else Severity.WARNING
    for path, binary in subject.dynamic_files():
        if ".libs/" in path:
            continue
        exported = sorted(name for name in binary.exported_names if _CXX_RUNTIME.match(name))
        if exported:
            what = f"exports {len(exported)} symbols of the C++ runtime, such as {exported[0]}"
            yield AuditFinding("cxx-runtime", severity, what, path)


def library_exports(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """What a native library inside defines, a module keeps to itself: exported, it would serve another's calls.

    Which libraries are inside is known of wheels that were just built. What C++ may define in several places does not
    count, nor do shared libraries, which are there to export.
    """
    for path, binary in subject.modules.items():
        if not is_module(binary):
            continue
        shown = sorted(name for name in binary.exported_names & subject.expectations.private if name[:2] != "_Z")
        if shown:
            what = f"exports symbols of a library inside: {', '.join(shown[:5])}"
            yield AuditFinding(
                "library-exports", Severity.ERROR, what, path,
                "leave the project's own list of exports out, or name the symbols in export-symbols",
            )  # fmt: skip


def frozen(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Functions of the C library are taken from it rather than carried along.

    Seen in the static symbol table; a stripped module shows only what it exports.
    """
    severity = Severity.ERROR if subject.expectations.strict else Severity.WARNING
    for path, binary in subject.dynamic_files():
        carried = sorted((binary.defined | binary.exported_names) & libc_functions())
        if carried and not any(part.endswith(".libs") for part in path.split("/")):
            what = f"carries its own {', '.join(carried[:5])} instead of the C library's"
            yield AuditFinding("frozen-libc", severity, what, path)


@cache
def libc_functions() -> frozenset[str]:
    """Functions that a compiler's runtime might bring along though the C library has them."""
    text = files("crosswheel.wheels.audit").joinpath("libc_functions.toml").read_text("utf-8")
    return frozenset(name for names in tomllib.loads(text).values() for name in names.split())


def _inside(subject: WheelUnderAudit) -> frozenset[str]:
    files = {path.rsplit("/", 1)[-1] for path in subject.elf_files}
    return frozenset(files | {elf.soname for elf in subject.elf_files.values() if elf.soname})
