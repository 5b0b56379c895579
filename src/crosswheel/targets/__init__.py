"""Targets: the platforms wheels are built for, as frozen values over tables of data."""

from crosswheel.targets.catalogue import all_targets, find_target, target_of
from crosswheel.targets.linux import Libc, LinuxArchitecture, LinuxTarget, architectures, libcs
from crosswheel.targets.macos import MacosArchitecture, MacosTarget, mac_architectures
from crosswheel.targets.model import Architecture, Floors, System, Target
from crosswheel.targets.pyodide import PyodideTarget
from crosswheel.targets.python_version import PythonVersion
from crosswheel.targets.windows import WindowsArchitecture, WindowsTarget, windows_architectures

__all__ = [
    "Architecture",
    "Floors",
    "Libc",
    "LinuxArchitecture",
    "LinuxTarget",
    "MacosArchitecture",
    "MacosTarget",
    "PyodideTarget",
    "PythonVersion",
    "System",
    "Target",
    "WindowsArchitecture",
    "WindowsTarget",
    "all_targets",
    "architectures",
    "find_target",
    "libcs",
    "mac_architectures",
    "target_of",
    "windows_architectures",
]
