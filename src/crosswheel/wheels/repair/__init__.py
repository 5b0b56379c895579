"""From the backend's wheel to one that carries its target's tag and what it needs."""

from crosswheel.wheels.repair.run import NEUTRAL, Repaired, repair
from crosswheel.wheels.repair.shared import SharedLibraries

__all__ = ["NEUTRAL", "Repaired", "SharedLibraries", "repair"]
