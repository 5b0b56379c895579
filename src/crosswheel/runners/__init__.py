"""Running a target's Python and programs on this machine, natively or emulated."""

from crosswheel.runners.model import Interpreter, Runner
from crosswheel.runners.select import can_test, find_runner

__all__ = ["Interpreter", "Runner", "can_test", "find_runner"]
