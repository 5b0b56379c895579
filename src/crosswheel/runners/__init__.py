"""Running programs of a target on this machine, natively or emulated."""

from crosswheel.runners.catalogue import find_emulator
from crosswheel.runners.model import Emulator, Interpreter

__all__ = ["Emulator", "Interpreter", "find_emulator"]
