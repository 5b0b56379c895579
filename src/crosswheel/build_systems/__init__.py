"""One description of the target, written down for everything a build may run: setuptools, Meson, CMake, autotools."""

from crosswheel.build_systems.configure import configure
from crosswheel.build_systems.model import BuildSite, Configuration

__all__ = ["BuildSite", "Configuration", "configure"]
