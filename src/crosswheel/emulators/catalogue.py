"""Choosing how a target's programs are run: natively where possible, else under qemu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.emulators.native import NativeEmulator
from crosswheel.emulators.qemu import QemuEmulator

if TYPE_CHECKING:
    from crosswheel.emulators.model import Emulator
    from crosswheel.host import Host
    from crosswheel.targets import PythonVersion, Target
    from crosswheel.toolchains.model import Support


def find_emulator(host: Host, target: Target, version: PythonVersion | None = None) -> tuple[Emulator, Support]:
    """The first emulator that can run a target, or the last one with its reason why not."""
    emulators: tuple[Emulator, ...] = (NativeEmulator(host), QemuEmulator(host))
    for emulator in emulators:
        support = emulator.support(target, version)
        if support.available:
            return emulator, support
    return emulator, support
