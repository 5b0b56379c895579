"""Repairing a backend's wheel: platform tag, bundled libraries, run paths."""

from crosswheel.wheels.repair.graft import SharedLibraries
from crosswheel.wheels.repair.repair_wheel import NEUTRAL, RepairedWheel, repair_wheel

__all__ = ["NEUTRAL", "RepairedWheel", "SharedLibraries", "repair_wheel"]
