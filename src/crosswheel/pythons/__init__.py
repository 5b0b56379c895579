"""The two Pythons of a build: the one that runs the backend, and the one that the wheel is for."""

from crosswheel.pythons.discovery import available_build_pythons, find_build_python
from crosswheel.pythons.model import BuildPython, TargetPython, TargetPythonProvider

__all__ = [
    "BuildPython",
    "TargetPython",
    "TargetPythonProvider",
    "available_build_pythons",
    "find_build_python",
]
