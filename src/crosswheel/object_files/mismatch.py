"""Whether a compiled file is one for a target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.object_files.elf import Elf
from crosswheel.object_files.macho import MachO, Universal
from crosswheel.object_files.pe import Pe
from crosswheel.targets import LinuxArchitecture, MacosTarget, WindowsArchitecture

if TYPE_CHECKING:
    from crosswheel.object_files.binary import Binary
    from crosswheel.targets import Target


def mismatch(binary: Binary, target: Target) -> str | None:
    """What makes a file one for another platform, as ``is`` continues: ``for X86_64``; None if nothing does."""
    if binary.format != target.system.binaries:
        return f"a file in {binary.format} format"
    if isinstance(binary, Elf) and isinstance(target.architecture, LinuxArchitecture):
        return _elf_difference(binary, target.architecture)
    if isinstance(binary, Pe) and isinstance(target.architecture, WindowsArchitecture):
        return None if binary.machine == target.architecture.pe_machine else f"for {binary.architecture}"
    if isinstance(binary, MachO | Universal) and isinstance(target, MacosTarget):
        slices = (binary,) if isinstance(binary, MachO) else binary.slices
        found = (_mac_difference(slices, part) for part in target.components() or (target,))
        return next(filter(None, found), None)
    return None


def _mac_difference(slices: tuple[MachO, ...], target: MacosTarget) -> str | None:
    """What is wrong with the one of these files that is for a target's architecture, or with all of them."""
    found = [_macho_difference(part, target) for part in slices]
    mine = [
        wrong for part, wrong in zip(slices, found, strict=True) if part.architecture == target.architecture.cputype
    ]
    return None if None in found else (mine or found)[0]


def _macho_difference(macho: MachO, target: MacosTarget) -> str | None:
    if macho.architecture != target.architecture.cputype:
        return f"for {macho.architecture}"
    if not macho.for_macos:
        return f"for another of Apple's systems (platform {macho.platform})"
    if macho.minimum is not None and macho.minimum > target.version:
        return f"for macOS {macho.minimum[0]}.{macho.minimum[1]} and later"
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
