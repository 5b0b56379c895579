"""The names of the wrappers, the tool each stands for, and crosswheel's own ``nm`` and ``readelf``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from crosswheel.toolchains.model import Tool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswheel.targets import Target

_PLAIN = {
    "cc": Tool.CC,
    "gcc": Tool.CC,
    "clang": Tool.CC,
    "c89": Tool.CC,
    "c99": Tool.CC,
    "c++": Tool.CXX,
    "g++": Tool.CXX,
    "clang++": Tool.CXX,
    "cpp": Tool.CPP,
    "ld": Tool.LD,
    "ld.lld": Tool.LD,
    "ld.bfd": Tool.LD,
    "ld.gold": Tool.LD,
    "ar": Tool.AR,
    "gcc-ar": Tool.AR,
    "llvm-ar": Tool.AR,
    "ranlib": Tool.RANLIB,
    "gcc-ranlib": Tool.RANLIB,
    "llvm-ranlib": Tool.RANLIB,
    "strip": Tool.STRIP,
    "llvm-strip": Tool.STRIP,
    "nm": Tool.NM,
    "gcc-nm": Tool.NM,
    "llvm-nm": Tool.NM,
    "objcopy": Tool.OBJCOPY,
    "llvm-objcopy": Tool.OBJCOPY,
    "objdump": Tool.OBJDUMP,
    "llvm-objdump": Tool.OBJDUMP,
    "readelf": Tool.READELF,
    "llvm-readelf": Tool.READELF,
    "gfortran": Tool.FORTRAN,
    "f77": Tool.FORTRAN,
    "f90": Tool.FORTRAN,
    "f95": Tool.FORTRAN,
    "flang": Tool.FORTRAN,
    "flang-new": Tool.FORTRAN,
    "pkg-config": Tool.PKG_CONFIG,
    "pkgconf": Tool.PKG_CONFIG,
}

BUILD_SUFFIX = "-for-build"
"""Ending of the names that call a tool of the build machine: ``cc-for-build``."""

FOR_BUILD = tuple(
    f"{name}{BUILD_SUFFIX}" for name in ("cc", "c++", "ld", "ar", "ranlib", "nm", "strip", "objcopy", "pkg-config")
)
"""The wrappers that call tools of the build machine, for programs that the build runs itself."""

PKG_CONFIG_NAMES = frozenset(name for name, tool in _PLAIN.items() if tool is Tool.PKG_CONFIG)
"""Names that pkg-config is called by."""
LINK_CHECKER = "crosswheel-link-check"
"""The wrapper that asks, in place of a plan's last command, whether that command is needed at all."""

RUN_PROGRAM = "crosswheel-run"
"""The wrapper that runs a program of the target: ``crosswheel-run PROGRAM ARGUMENT…``, for Meson, CMake and others."""
RUN_BINFMT = "crosswheel-run-binfmt"
"""The same, called as the kernel calls an interpreter of binfmt_misc: with the program, its name, its arguments."""

RUN_PYTHON = "crosswheel-run-python"
"""The wrapper that is the target's Python."""


def wrapper_names(target: Target) -> dict[str, Tool]:
    """Return every name of a wrapper and its tool.

    Those are the plain names, each of them prefixed with the target's triples, and the names specific to its system.
    """
    prefixed = {f"{prefix}-{name}": tool for prefix in target.tool_prefixes() for name, tool in _PLAIN.items()}
    system = {name: Tool(tool) for name, tool in target.system.tools.items()}
    return _PLAIN | system | prefixed


INSPECTORS: Mapping[Tool, tuple[str, ...]] = {
    tool: (sys.executable, "-m", "crosswheel.object_files.nm_readelf", tool.value) for tool in (Tool.NM, Tool.READELF)
}
"""The first arguments of the commands for nm and readelf, which read files of any target."""
