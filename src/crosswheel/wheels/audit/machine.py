"""Checks that compiled files match the architecture of the platform tag."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from crosswheel.object_files import read_binary
from crosswheel.object_files.ar import archive_members, is_archive
from crosswheel.object_files.mismatch import mismatch
from crosswheel.wheels.audit.model import AuditFinding, Severity, WheelUnderAudit

if TYPE_CHECKING:
    from collections.abc import Iterator


_MAX_LISTED = 20


def machine(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """The format, machine, word size, byte order and ABI flags of every compiled file match the platform tag.

    In a wheel for several architectures every file supports all of them, but for those in `single-architecture.txt`.
    """
    single = subject.single_architecture_files
    for path, binary in subject.modules.items():
        for target in subject.targets:
            accepted = target.components() if path in single else (target,)
            if (wrong := mismatch(binary, target)) and all(mismatch(binary, part) for part in accepted):
                yield AuditFinding("machine", Severity.ERROR, f"is {wrong}, but the wheel tag is {target}", path)
                break


def float_abi(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Files for armv7l pass floating-point arguments in VFP registers (build attribute Tag_ABI_VFP_args)."""
    hard_float = [target.architecture.name for target in subject.linux_targets if target.architecture.eabi == "eabihf"]
    for path, elf in subject.elf_files.items():
        if elf.hard_float is False and hard_float:
            what = f"uses the soft-float ABI, but {hard_float[0]} is hard-float"
            yield AuditFinding("float-abi", Severity.ERROR, what, path)


def objects(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Static libraries match the platform tag too: a build machine's libnpymath.a, for instance, is linked silently.

    Those in the format of another platform are data.
    """
    for path, data in subject.contents.files.items():
        if not is_archive(data):
            continue
        members = [binary for _, content in archive_members(data) if (binary := read_binary(content))]
        for target in subject.targets:
            own = (binary for binary in members if binary.format == target.system.binaries)
            wrong = next((found for binary in own if (found := mismatch(binary, target))), None)
            if wrong:
                yield AuditFinding(
                    "objects",
                    Severity.ERROR,
                    f"contains object files that are {wrong}, but the wheel tag is {target}",
                    path,
                )


def data_files(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Compiled files that are not loaded are listed for information: launchers for other systems, object files."""
    for path, binary in islice(subject.data.items(), _MAX_LISTED):
        what = f"is a compiled file in {binary.format} format" if binary else "is like a compiled file, but damaged"
        yield AuditFinding("data-files", Severity.INFO, f"{what}; not loaded by Python or a module, thus data", path)
    if len(subject.data) > _MAX_LISTED:
        what = f"{len(subject.data) - _MAX_LISTED} more compiled files are data"
        yield AuditFinding("data-files", Severity.INFO, what)


def hardening(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """No text relocations, no executable stack; DLLs are relocatable and do not allow execution of data."""
    for path, elf in subject.elf_files.items():
        if elf.text_relocations:
            yield AuditFinding("hardening", Severity.ERROR, "has text relocations: not compiled with -fPIC", path)
        if elf.executable_stack:
            yield AuditFinding("hardening", Severity.WARNING, "requires an executable stack", path)
    for path, pe in subject.pe_files.items():
        if pe.kind == "OBJECT":
            continue
        if pe.writable_code:
            yield AuditFinding("hardening", Severity.ERROR, f"has a writable code section: {pe.writable_code[0]}", path)
        if not pe.relocatable:
            yield AuditFinding(
                "hardening", Severity.WARNING, "has a fixed load address: not linked with -dynamicbase", path
            )
        if pe.data_execution:
            yield AuditFinding(
                "hardening", Severity.WARNING, "allows execution of data: not linked with -nxcompat", path
            )
