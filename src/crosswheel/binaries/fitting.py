"""Whether a compiled file is one for a target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.binaries.elf import Elf
from crosswheel.targets import LinuxArchitecture

if TYPE_CHECKING:
    from crosswheel.binaries.model import Binary
    from crosswheel.targets import Target


def difference(binary: Binary, target: Target) -> str | None:
    """What makes a file one for another platform, as ``is`` continues: ``for X86_64``; None if nothing does."""
    if binary.format != target.system.binaries:
        return f"a file in {binary.format} format"
    if isinstance(binary, Elf) and isinstance(target.architecture, LinuxArchitecture):
        return _elf_difference(binary, target.architecture)
    return None


def _elf_difference(elf: Elf, architecture: LinuxArchitecture) -> str | None:
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
