"""One description of the target, written down for everything a build may run: setuptools, Meson, CMake, autotools."""

from crosswheel.backends.configure import configure
from crosswheel.backends.model import Configuration, Site

__all__ = ["Configuration", "Site", "configure"]
