"""From the backend's wheel to one that carries its target's tag and what it needs."""

from crosswheel.wheels.repair.graft import SharedLibraries
from crosswheel.wheels.repair.repair_wheel import NEUTRAL, RepairedWheel, repair_wheel

__all__ = ["NEUTRAL", "RepairedWheel", "SharedLibraries", "repair_wheel"]
