"""What people write in ``[tool.crosswheel]`` and on the command line, as one model."""

from crosswheel.settings.model import Index, Override, Settings
from crosswheel.settings.read import parse, read_settings

__all__ = ["Index", "Override", "Settings", "parse", "read_settings"]
