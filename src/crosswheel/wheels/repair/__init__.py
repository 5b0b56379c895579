"""From the backend's wheel to one that carries its target's tag and what it needs."""

from crosswheel.wheels.repair.run import NEUTRAL, Repaired, repair

__all__ = ["NEUTRAL", "Repaired", "repair"]
