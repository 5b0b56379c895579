"""Choosing how a target's programs are run: natively where possible, else emulated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.emulators.native import NativeEmulator
from crosswheel.emulators.node import NodeEmulator
from crosswheel.emulators.qemu import QemuEmulator

if TYPE_CHECKING:
    from crosswheel.emulators.model import Emulator
    from crosswheel.host import Host
    from crosswheel.targets import PythonVersion, Target
    from crosswheel.toolchains.model import Support


def find_emulator(host: Host, target: Target, version: PythonVersion | None = None) -> tuple[Emulator, Support]:
    """The first emulator that can run a target, or the one for its system with its reason why not."""
    emulators: tuple[Emulator, ...] = (NativeEmulator(host), QemuEmulator(host), NodeEmulator(host))
    answers = [(emulator, emulator.support(target, version)) for emulator in emulators]
    able = [answer for answer in answers if answer[1].available]
    if able:
        return able[0]
    # The one that could run the target with another Python has the better reason.
    return next((answer for answer in answers if answer[0].support(target).available), answers[-1])
