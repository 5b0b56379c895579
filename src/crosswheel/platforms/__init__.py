"""Families of platforms: for each one module that names everything crosswheel knows and does for it."""

from crosswheel.platforms.catalogue import PLATFORMS, platform_of, table_row, target_as
from crosswheel.platforms.model import Platform, load

__all__ = ["PLATFORMS", "Platform", "load", "platform_of", "table_row", "target_as"]
