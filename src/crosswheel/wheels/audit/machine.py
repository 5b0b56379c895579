"""Checks that compiled files are for the machine the tag names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.object_files import read_binary
from crosswheel.object_files.ar import archive_members, is_archive
from crosswheel.object_files.mismatch import mismatch
from crosswheel.wheels.audit.model import AuditFinding, Severity, WheelUnderAudit

if TYPE_CHECKING:
    from collections.abc import Iterator


def machine(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Format, machine, word size, byte order and ABI flags of every compiled file agree with the tag.

    In a wheel for several architectures every file is for all of them, but for those that it names itself.
    """
    single = subject.single_architecture_files
    for path, binary in subject.modules.items():
        for target in subject.targets:
            meant = target.components() if path in single else (target,)
            if (wrong := mismatch(binary, target)) and all(mismatch(binary, part) for part in meant):
                yield AuditFinding("machine", Severity.ERROR, f"is {wrong}, the tag is {target}", path)
                break


def float_abi(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """armv7l means that floating-point arguments travel in VFP registers (build attribute Tag_ABI_VFP_args)."""
    for path, elf in subject.elf_files.items():
        if elf.hard_float is False and any(target.architecture.name == "armv7l" for target in subject.targets):
            yield AuditFinding(
                "float-abi", Severity.ERROR, "is compiled for soft-float arguments, armv7l is hard-float", path
            )


def objects(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Static libraries in the wheel are for the target too: a build machine's libnpymath.a links silently."""
    for path, data in subject.contents.files.items():
        if not is_archive(data):
            continue
        members = [binary for _, content in archive_members(data) if (binary := read_binary(content))]
        for target in subject.targets:
            wrong = next((found for binary in members if (found := mismatch(binary, target))), None)
            if wrong:
                yield AuditFinding(
                    "objects", Severity.ERROR, f"holds objects that are {wrong}, the tag is {target}", path
                )


def hardening(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """No relocations in code, no executable stack; a DLL that loads anywhere and whose data is not executed."""
    for path, elf in subject.elf_files.items():
        if elf.text_relocations:
            yield AuditFinding(
                "hardening", Severity.ERROR, "has relocations in its code: not compiled with -fPIC", path
            )
        if elf.executable_stack:
            yield AuditFinding("hardening", Severity.WARNING, "asks for an executable stack", path)
    for path, pe in subject.pe_files.items():
        if pe.kind == "OBJECT":
            continue
        if pe.writable_code:
            yield AuditFinding(
                "hardening", Severity.ERROR, f"has code that can be written to: {pe.writable_code[0]}", path
            )
        if not pe.relocatable:
            yield AuditFinding("hardening", Severity.WARNING, "has one address at which it is loaded", path)
        if pe.data_execution:
            yield AuditFinding("hardening", Severity.WARNING, "lets data be executed", path)
