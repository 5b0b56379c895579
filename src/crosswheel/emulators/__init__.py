"""Running programs of a target on this machine, natively or emulated."""

from crosswheel.emulators.catalogue import find_emulator
from crosswheel.emulators.model import Emulator, Interpreter

__all__ = ["Emulator", "Interpreter", "find_emulator"]
