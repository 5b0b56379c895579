"""Configuration files and variables that describe the target to build systems: setuptools, Meson, CMake, autotools."""

from crosswheel.build_systems.configure import configure
from crosswheel.build_systems.model import BuildSite, Configuration

__all__ = ["BuildSite", "Configuration", "configure"]
