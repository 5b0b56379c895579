"""Checks of symbols and libraries: what compiled files import, need and export."""

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

_MUSL = re.compile(r"libc\.musl-|ld-musl-|lib(c|m|dl|pthread|rt|util|xnet)\.so$")
"""Names of musl itself; its loader takes any name of a part of the C library for itself."""
_GLIBC = re.compile(r"lib(c|m|dl|pthread|rt|util|resolv)\.so\.\d|ld-linux")


def is_c_library(library: str) -> bool:
    """Return whether a needed library is a part of glibc or musl, or their loader."""
    return _MUSL.match(library) is not None or _GLIBC.match(library) is not None


def libc_family(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """A module for glibc does not depend on musl, nor one for musl on glibc."""
    for path, elf in subject.elf_files.items():
        for target in subject.linux_targets:
            foreign = _MUSL if target.libc.name == "glibc" else _GLIBC
            if any(foreign.match(library) for library in elf.needed):
                yield AuditFinding("libc", Severity.ERROR, f"depends on a C library other than that of {target}", path)


def versions(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Symbol versions are allowed by the policy of the platform tag (PEP 600)."""
    bundled = subject.bundled_names
    for tag, (path, elf) in (
        (tag, item) for tag in subject.contents.name.platforms for item in subject.elf_files.items()
    ):
        policy = policy_for(tag)
        if policy is None:
            continue
        for need in elf.versions:
            allowed = policy.versions.get(need.version.partition("_")[0])
            of_wheel = need.library in bundled and not policy.allows_library(need.library)
            if allowed is not None and need.version not in allowed and not of_wheel:
                users = [symbol.name for symbol in elf.undefined if symbol.version == need.version]
                what = f"needs {need.version} of {need.library} ({', '.join(users[:3])}), which is too recent for {tag}"
                yield AuditFinding(
                    "symbol-versions", Severity.ERROR, what, path, "build for a target with a newer C library"
                )


def libraries(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Needed libraries are in the wheel or allowed by the policy of the platform tag; the C library is the system's."""
    bundled = subject.bundled_names
    for path, elf in subject.elf_files.items():
        if any(is_c_library(name) for name in (path.rpartition("/")[2], elf.soname or "")):
            what = "has the name of a part of the C library, which is always the system's"
            yield AuditFinding("libraries", Severity.ERROR, what, path)
    for tag, (path, elf) in (
        (tag, item) for tag in subject.contents.name.platforms for item in subject.elf_files.items()
    ):
        policy = policy_for(tag)
        for library in elf.needed:
            is_musl = tag.startswith("musllinux_") and _MUSL.match(library) is not None
            if policy is not None and not (policy.allows_library(library) or is_musl or library in bundled):
                yield AuditFinding("libraries", Severity.ERROR, f"needs {library}, which {tag} does not allow", path)
            elif subject.expectations.strict and library.startswith(("libstdc++", "libgcc_s", "libc++")):
                yield AuditFinding(
                    "libraries", Severity.ERROR, f"needs {library}; the C++ runtime should be linked statically", path
                )


def cxx_runtime(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """The statically linked C++ runtime is not exported, since it would be mixed with that of other modules."""
    severity = Severity.ERROR if subject.expectations.strict else Severity.WARNING
    for path, binary in subject.dynamic_files():
        if ".libs/" in path:
            continue
        exported = sorted(name for name in binary.exported_names if _CXX_RUNTIME.match(name))
        if exported:
            what = f"exports {len(exported)} symbols of the C++ runtime, such as {exported[0]}"
            yield AuditFinding("cxx-runtime", severity, what, path)


def library_exports(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """A module does not export symbols of native libraries linked into it, which could interpose on calls of others.

    The libraries are known for wheels that were just built. Not counted are C++ symbols, which may have several
    definitions, and shared libraries, which exist to export symbols.
    """
    for path, binary in subject.modules.items():
        if not is_module(binary):
            continue
        exported = sorted(
            name for name in binary.exported_names & subject.expectations.private_symbols if name[:2] != "_Z"
        )
        if exported:
            what = f"exports symbols of a native library linked into it: {', '.join(exported[:5])}"
            yield AuditFinding(
                "library-exports", Severity.ERROR, what, path,
                "remove the project's own export list, or list the symbols in export-symbols",
            )  # fmt: skip


def frozen(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Functions of the C library are imported rather than linked statically.

    They are found in the static symbol table; a stripped module shows only its exports.
    """
    severity = Severity.ERROR if subject.expectations.strict else Severity.WARNING
    for path, binary in subject.dynamic_files():
        defined = sorted((binary.defined | binary.exported_names) & libc_functions())
        if defined and not any(part.endswith(".libs") for part in path.split("/")):
            what = f"defines functions of the C library instead of importing them: {', '.join(defined[:5])}"
            yield AuditFinding("frozen-libc", severity, what, path)


@cache
def libc_functions() -> frozenset[str]:
    """Return functions that a compiler's runtime library may define although the C library provides them."""
    text = files("crosswheel.wheels.audit").joinpath("libc_functions.toml").read_text("utf-8")
    return frozenset(name for names in tomllib.loads(text).values() for name in names.split())
