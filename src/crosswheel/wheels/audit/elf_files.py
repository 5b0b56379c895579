"""Checks of ELF files as the dynamic loader reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.wheels.audit.model import AuditFinding, Severity, WheelUnderAudit
from crosswheel.wheels.policies import policy_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswheel.object_files.elf import Elf

_LINUX_ABIS = frozenset({0, 3})
"""``EI_OSABI`` of files that Linux loads: System V, GNU."""
_SHOWN = 3


def loadable(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """The loader accepts the file: it is whole, for Linux, and a module is a shared object."""
    modules = frozenset(subject.extension_files())
    for path, elf in subject.elf_files.items():
        for reason in _refusals(elf, is_module=path in modules):
            yield AuditFinding("elf-file", Severity.ERROR, reason, path)


def _refusals(elf: Elf, *, is_module: bool) -> Iterator[str]:
    if elf.os_abi not in _LINUX_ABIS:
        yield f"is for another system than Linux (OS ABI {elf.os_abi}): the loader refuses it"
    if elf.is_truncated:
        yield "ends before its last segment does: the loader refuses it"
    if is_module and elf.kind == "ET_REL":
        yield "is an object file, which has not been linked: Python cannot import it"
    elif is_module and (elf.kind != "ET_DYN" or elf.is_program):
        yield "is a program: no process loads it as a module"
    for name in (*elf.needed, *((elf.soname,) if elf.soname else ())):
        if "/" in name:
            yield f"names a library by the path {name}, which is that of another machine"


def policies(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """There is a policy for the tag, so that what the files need can be checked (PEP 600: versions of manylinux)."""
    if not subject.elf_files:
        return
    known = {target.tag: target for target in subject.linux_targets}
    for tag in subject.contents.name.platforms:
        if tag in known and policy_for(tag) is None:
            what = f"there is no policy for {tag}: it is older than the first for its architecture"
            yield AuditFinding("policy", Severity.ERROR, what, hint="build for a newer version of manylinux")


def musl_loader(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """musl's loader has no functions that are resolved by code (IFUNC), and does not make symbols unique."""
    if not any(target.libc.name == "musl" for target in subject.linux_targets):
        return
    for path, elf in subject.elf_files.items():
        if elf.indirect:
            what = (
                f"exports functions that code resolves (IFUNC), which musl refuses: {', '.join(elf.indirect[:_SHOWN])}"
            )
            yield AuditFinding("musl-loader", Severity.ERROR, what, path)
        if elf.unique:
            what = (
                f"has unique symbols (STB_GNU_UNIQUE), which musl treats as any other: {', '.join(elf.unique[:_SHOWN])}"
            )
            yield AuditFinding("musl-loader", Severity.WARNING, what, path)
