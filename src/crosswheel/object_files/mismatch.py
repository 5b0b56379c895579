"""Comparison of a compiled file with a target, by binary format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from crosswheel.errors import UnknownPlatformError
from crosswheel.object_files.elf import Elf
from crosswheel.object_files.macho import MachO, Universal
from crosswheel.object_files.pe import Pe
from crosswheel.object_files.wasm import Wasm
from crosswheel.platforms import load, platform_of, target_as
from crosswheel.targets import LinuxTarget, MacosTarget, PyodideTarget, WindowsTarget

if TYPE_CHECKING:
    from crosswheel.object_files.binary import Binary
    from crosswheel.targets import Target

_HERE = "crosswheel.object_files.mismatch"


class Mismatch(Protocol):
    """Compares a file of a family's binary format with a target of that family."""

    def __call__(self, binary: Binary, target: Target) -> str | None:
        """Return why it is not for the target, None if it is.

        :raises UnknownPlatformError: if the target or the file is of another family.
        """
        ...


def mismatch(binary: Binary, target: Target) -> str | None:
    """Return why a file is not for a target, to be read after ``is``: ``for X86_64``; None if it is for it.

    :raises UnknownPlatformError: if the target's family is unknown.
    """
    compare: Mismatch = load(platform_of(target).mismatch)
    if binary.format != target.system.binaries:
        return f"a file in {binary.format} format"
    return compare(binary, target)


def elf_mismatch(binary: Binary, target: Target) -> str | None:
    """Compare an ELF file's header with the architecture; see :class:`Mismatch`."""
    architecture = target_as(target, LinuxTarget, _HERE).architecture
    if not isinstance(binary, Elf):
        raise _unexpected(binary, target)
    if binary.machine != architecture.elf_machine:
        return f"for {binary.machine.removeprefix('EM_')}"
    if binary.bits != architecture.bits:
        return f"{binary.bits}-bit"
    if binary.endian != architecture.endian:
        return f"{binary.endian}-endian"
    flags = architecture.elf_flags
    allowed = {flags.value, flags.unspecified} if binary.kind == "ET_REL" else {flags.value}
    if binary.flags & flags.mask not in allowed:
        return f"for another ABI (flags {binary.flags:#x})"
    return None


def pe_mismatch(binary: Binary, target: Target) -> str | None:
    """Compare a PE file's machine with the architecture's; see :class:`Mismatch`."""
    architecture = target_as(target, WindowsTarget, _HERE).architecture
    if not isinstance(binary, Pe):
        raise _unexpected(binary, target)
    return None if binary.machine == architecture.pe_machine else f"for {binary.architecture}"


def wasm_mismatch(binary: Binary, target: Target) -> str | None:
    """Accept every WebAssembly module: there is one architecture, and the audit checks the ABI."""
    target_as(target, PyodideTarget, _HERE)
    if not isinstance(binary, Wasm):
        raise _unexpected(binary, target)
    return None


def macho_mismatch(binary: Binary, target: Target) -> str | None:
    """Compare a Mach-O file, or the slices of a universal one, with the target's components; see :class:`Mismatch`."""
    target = target_as(target, MacosTarget, _HERE)
    if not isinstance(binary, MachO | Universal):
        raise _unexpected(binary, target)
    slices = (binary,) if isinstance(binary, MachO) else binary.slices
    reasons = (_slices_mismatch(slices, part) for part in target.components() or (target,))
    return next(filter(None, reasons), None)


def _slices_mismatch(slices: tuple[MachO, ...], target: MacosTarget) -> str | None:
    """Return why the slice for the architecture is not for the target, or the first slice if there is none for it."""
    reasons = [_slice_mismatch(part, target) for part in slices]
    cputype = target.architecture.cputype
    own = [reason for part, reason in zip(slices, reasons, strict=True) if part.architecture == cputype]
    return None if None in reasons else (own or reasons)[0]


def _slice_mismatch(macho: MachO, target: MacosTarget) -> str | None:
    if macho.architecture != target.architecture.cputype:
        return f"for {macho.architecture}"
    if not macho.for_macos:
        return f"for another of Apple's systems (platform {macho.platform})"
    if macho.minimum is not None and macho.minimum > target.version:
        return f"for macOS {macho.minimum[0]}.{macho.minimum[1]} and later"
    return None


def _unexpected(binary: Binary, target: Target) -> UnknownPlatformError:
    return UnknownPlatformError(f"{_HERE} cannot compare a file in {binary.format} format with {target}")
