"""Build Python wheels for every platform from the machine you are on."""

from crosswheel.api import build
from crosswheel.building.model import BuildOptions, Stage, WheelResult

__all__ = ["BuildOptions", "Stage", "WheelResult", "build"]
