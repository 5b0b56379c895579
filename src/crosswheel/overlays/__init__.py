"""Build requirements with a target side: they run on the build machine, and what compilers read is the target's."""

from crosswheel.overlays.archive import CrossEnv, export
from crosswheel.overlays.model import Origin, Overlay, Request
from crosswheel.overlays.provider import Overlays, WheelMaker
from crosswheel.overlays.rule import Patterns
from crosswheel.overlays.view import lay_out

__all__ = ["CrossEnv", "Origin", "Overlay", "Overlays", "Patterns", "Request", "WheelMaker", "export", "lay_out"]
