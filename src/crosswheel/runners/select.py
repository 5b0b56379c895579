"""Choosing how a target's programs are run: natively where possible, else emulated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.runners.native import NativeRunner
from crosswheel.runners.node import NodeRunner
from crosswheel.runners.qemu import QemuRunner
from crosswheel.runners.unsupported import UnsupportedRunner
from crosswheel.runners.wine import WineRunner
from crosswheel.targets import MacosTarget, PyodideTarget, WindowsTarget

if TYPE_CHECKING:
    from crosswheel.host import Host
    from crosswheel.runners.model import Runner
    from crosswheel.targets import PythonVersion, Target
    from crosswheel.toolchains.model import Support


def find_runner(host: Host, target: Target, version: PythonVersion | None = None) -> tuple[Runner, Support]:
    """The first emulator that can run a target, or the last one for its system with its reason why not."""
    emulators: tuple[Runner, ...] = (NativeRunner(host), QemuRunner(host))
    if isinstance(target, PyodideTarget):
        emulators = (NodeRunner(host),)
    elif isinstance(target, MacosTarget):
        emulators = (NativeRunner(host), UnsupportedRunner("only a Mac"))
    elif isinstance(target, WindowsTarget):
        emulators = (WineRunner(host),)
    answers = [(emulator, emulator.support(target, version)) for emulator in emulators]
    return next((answer for answer in answers if answer[1].available), answers[-1])
