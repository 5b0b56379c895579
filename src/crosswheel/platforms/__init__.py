"""Families of platforms: one module for each, which names all code that is particular to it."""

from crosswheel.platforms.catalogue import PLATFORMS, platform_of, table_row, target_as
from crosswheel.platforms.model import Platform, load

__all__ = ["PLATFORMS", "Platform", "load", "platform_of", "table_row", "target_as"]
