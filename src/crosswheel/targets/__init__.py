"""Targets: the platforms that wheels are built for, as frozen values over tables of data."""

from crosswheel.targets.catalogue import AllVersions, all_targets, find_target, target_from_tag
from crosswheel.targets.linux import Libc, LinuxArchitecture, LinuxTarget, libcs, linux_architectures
from crosswheel.targets.macos import MacosArchitecture, MacosTarget, macos_architectures
from crosswheel.targets.model import Architecture, MinimumVersions, System, Target
from crosswheel.targets.pyodide import PyodideTarget
from crosswheel.targets.python_version import PythonVersion
from crosswheel.targets.windows import WindowsArchitecture, WindowsTarget, windows_architectures

__all__ = [
    "AllVersions",
    "Architecture",
    "Libc",
    "LinuxArchitecture",
    "LinuxTarget",
    "MacosArchitecture",
    "MacosTarget",
    "MinimumVersions",
    "PyodideTarget",
    "PythonVersion",
    "System",
    "Target",
    "WindowsArchitecture",
    "WindowsTarget",
    "all_targets",
    "find_target",
    "libcs",
    "linux_architectures",
    "macos_architectures",
    "target_from_tag",
    "windows_architectures",
]
