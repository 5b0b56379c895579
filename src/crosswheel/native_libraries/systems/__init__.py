"""How the common build systems are told what to build, each in a module of its own."""

from crosswheel.native_libraries.systems import autotools, cmake, make, meson, script
from crosswheel.native_libraries.systems.model import PREFIX, BuildDirs, BuildStep, BuildSystem

SYSTEMS: dict[str, BuildSystem] = {
    "autotools": BuildSystem(autotools.steps, ("make",)),
    "cmake": BuildSystem(cmake.steps, ("cmake", "ninja")),
    "make": BuildSystem(make.steps, ("make",)),
    "meson": BuildSystem(meson.steps, ("meson", "ninja")),
    "script": BuildSystem(script.steps, ()),
}

__all__ = ["PREFIX", "SYSTEMS", "BuildDirs", "BuildStep", "BuildSystem"]
