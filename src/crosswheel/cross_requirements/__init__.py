"""Build requirements with a target side: they run on the build machine, and what compilers read is the target's."""

from crosswheel.cross_requirements.archive import CrossEnv, export_cross_env
from crosswheel.cross_requirements.layout import lay_out_overlays
from crosswheel.cross_requirements.model import Origin, Overlay, OverlayRequest
from crosswheel.cross_requirements.provider import Overlays, WheelBuilder
from crosswheel.cross_requirements.target_files import OverlayPatterns

__all__ = [
    "CrossEnv",
    "Origin",
    "Overlay",
    "OverlayPatterns",
    "OverlayRequest",
    "Overlays",
    "WheelBuilder",
    "export_cross_env",
    "lay_out_overlays",
]
