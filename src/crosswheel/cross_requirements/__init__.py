"""Build requirements with platform-dependent files, such as numpy: their Python code runs on the build machine, and
compilers read the target's headers and libraries, from an *overlay*.
"""

from crosswheel.cross_requirements.comparison import OverlayPatterns
from crosswheel.cross_requirements.cross_env import CrossEnv, export_cross_env
from crosswheel.cross_requirements.layout import lay_out_overlays
from crosswheel.cross_requirements.overlay import Origin, Overlay, OverlayRequest
from crosswheel.cross_requirements.resolver import OverlayResolver, WheelBuilder

__all__ = [
    "CrossEnv",
    "Origin",
    "Overlay",
    "OverlayPatterns",
    "OverlayRequest",
    "OverlayResolver",
    "WheelBuilder",
    "export_cross_env",
    "lay_out_overlays",
]
