"""Choosing how a target's programs are run: natively where possible, else emulated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.runners.native import NativeEmulator
from crosswheel.runners.node import NodeEmulator
from crosswheel.runners.qemu import QemuEmulator
from crosswheel.runners.unsupported import Nowhere
from crosswheel.runners.wine import WineEmulator
from crosswheel.targets import MacosTarget, PyodideTarget, WindowsTarget

if TYPE_CHECKING:
    from crosswheel.host import Host
    from crosswheel.runners.model import Emulator
    from crosswheel.targets import PythonVersion, Target
    from crosswheel.toolchains.model import Support


def find_emulator(host: Host, target: Target, version: PythonVersion | None = None) -> tuple[Emulator, Support]:
    """The first emulator that can run a target, or the last one for its system with its reason why not."""
    emulators: tuple[Emulator, ...] = (NativeEmulator(host), QemuEmulator(host))
    if isinstance(target, PyodideTarget):
        emulators = (NodeEmulator(host),)
    elif isinstance(target, MacosTarget):
        emulators = (NativeEmulator(host), Nowhere("only a Mac"))
    elif isinstance(target, WindowsTarget):
        emulators = (WineEmulator(host),)
    answers = [(emulator, emulator.support(target, version)) for emulator in emulators]
    return next((answer for answer in answers if answer[1].available), answers[-1])
