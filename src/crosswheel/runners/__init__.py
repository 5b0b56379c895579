"""Running programs of a target on this machine, natively or emulated."""

from crosswheel.runners.model import Emulator, Interpreter
from crosswheel.runners.select import find_emulator

__all__ = ["Emulator", "Interpreter", "find_emulator"]
