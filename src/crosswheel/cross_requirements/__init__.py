"""Build requirements with a target side: they run on the build machine, and what compilers read is the target's."""

from crosswheel.cross_requirements.archive import CrossEnv, export
from crosswheel.cross_requirements.layout import lay_out
from crosswheel.cross_requirements.model import Origin, Overlay, Request
from crosswheel.cross_requirements.provider import Overlays, WheelMaker
from crosswheel.cross_requirements.target_files import Patterns

__all__ = ["CrossEnv", "Origin", "Overlay", "Overlays", "Patterns", "Request", "WheelMaker", "export", "lay_out"]
