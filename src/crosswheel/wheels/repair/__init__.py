"""From the backend's wheel to one that carries its target's tag and what it needs."""

from crosswheel.wheels.repair.graft import SharedLibraries
from crosswheel.wheels.repair.repair_wheel import NEUTRAL, Repaired, repair

__all__ = ["NEUTRAL", "Repaired", "SharedLibraries", "repair"]
