"""Checks that compiled files are for the machine the tag names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.binaries.elf import ARCHIVE_MAGIC, read_archive
from crosswheel.wheels.audit.model import Finding, Severity, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswheel.binaries.elf import Elf
    from crosswheel.targets import Architecture


def machine(subject: Subject) -> Iterator[Finding]:
    """Machine, word size, byte order and ABI flags of every ELF file agree with the tag."""
    for path, elf in subject.modules.items():
        for target in subject.targets:
            if difference := _difference(elf, target.architecture):
                yield Finding("machine", Severity.ERROR, f"is {difference}, the tag is {target}", path)
                break


def float_abi(subject: Subject) -> Iterator[Finding]:
    """armv7l means that floating-point arguments travel in VFP registers (build attribute Tag_ABI_VFP_args)."""
    for path, elf in subject.modules.items():
        if elf.hard_float is False and any(target.architecture.name == "armv7l" for target in subject.targets):
            yield Finding(
                "float-abi", Severity.ERROR, "is compiled for soft-float arguments, armv7l is hard-float", path
            )


def objects(subject: Subject) -> Iterator[Finding]:
    """Static libraries in the wheel are for the target too: a build machine's libnpymath.a links silently."""
    for path, data in subject.contents.files.items():
        if not data.startswith(ARCHIVE_MAGIC):
            continue
        for target in subject.targets:
            wrong = next((d for elf in read_archive(data) if (d := _difference(elf, target.architecture))), None)
            if wrong:
                yield Finding("objects", Severity.ERROR, f"holds objects that are {wrong}, the tag is {target}", path)


def hardening(subject: Subject) -> Iterator[Finding]:
    """No relocations in code, no executable stack."""
    for path, elf in subject.modules.items():
        if elf.text_relocations:
            yield Finding("hardening", Severity.ERROR, "has relocations in its code: not compiled with -fPIC", path)
        if elf.executable_stack:
            yield Finding("hardening", Severity.WARNING, "asks for an executable stack", path)


def _difference(elf: Elf, architecture: Architecture) -> str | None:
    if elf.machine != architecture.elf_machine:
        return f"for {elf.machine.removeprefix('EM_')}"
    if elf.bits != architecture.bits:
        return f"{elf.bits}-bit"
    if elf.endian != architecture.endian:
        return f"{elf.endian}-endian"
    flags = architecture.elf_flags
    if elf.flags & flags.mask != flags.value:
        return f"for another ABI (flags {elf.flags:#x})"
    return None
