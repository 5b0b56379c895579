"""Targets: the platforms wheels are built for, as frozen values over tables of data."""

from crosswheel.targets.catalogue import Floors, all_targets, architectures, find_target, libcs
from crosswheel.targets.model import Architecture, Libc, Target
from crosswheel.targets.python_version import PythonVersion

__all__ = [
    "Architecture",
    "Floors",
    "Libc",
    "PythonVersion",
    "Target",
    "all_targets",
    "architectures",
    "find_target",
    "libcs",
]
