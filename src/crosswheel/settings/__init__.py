"""Settings from ``pyproject.toml`` and the command line, as one model."""

from crosswheel.settings.model import Index, Override, Settings
from crosswheel.settings.read import ProjectSettings, parse, read_settings

__all__ = ["Index", "Override", "ProjectSettings", "Settings", "parse", "read_settings"]
