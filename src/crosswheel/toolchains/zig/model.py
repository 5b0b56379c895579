"""The installed zig, and its table of Linux targets: names, flags, minimum C library versions."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError
from crosswheel.platforms import table_row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswheel.targets import LinuxTarget

COMPILER_RT = "libcompiler_rt.a"
"""zig's compiler-rt: the compiler's helper functions."""
BUILTINS = "libbuiltins.a"
"""The same without the functions that the C library provides."""
QUIET_FLAGS = (
    "-Wno-unused-command-line-argument",
    "-Wno-unknown-warning-option",
    "-Wno-ignored-optimization-argument",
    "-Wno-deprecated-ofast",
)
"""Disable warnings about options that gcc ignores silently; with -Werror they would stop a build."""


@dataclass(frozen=True, slots=True)
class ZigTarget:
    """A row of ``targets.toml``, where each field is explained."""

    zig: str
    clang: str
    flags: tuple[str, ...]
    emulation: str
    glibc: str
    musl: str
    cpu: str = ""

    def minimum_version(self, libc: str) -> tuple[int, int]:
        """Return the oldest version of a C library that zig has stubs for.

        :param libc: ``glibc`` or ``musl``.
        """
        versions = {"glibc": self.glibc, "musl": self.musl}
        major, minor = table_row(versions, libc, "crosswheel/toolchains/zig/targets.toml", kind="C library").split(".")
        return int(major), int(minor)


@cache
def zig_targets() -> Mapping[str, ZigTarget]:
    """Return the Linux architectures that zig builds for, by their name in platform tags."""
    text = files("crosswheel.toolchains.zig").joinpath("targets.toml").read_text("utf-8")
    rows = tomllib.loads(text)
    return MappingProxyType({name: ZigTarget(**(row | {"flags": tuple(row["flags"])})) for name, row in rows.items()})


def clang_triple(target: LinuxTarget) -> str:
    """Return the triple for clang's ``--target``."""
    abi = target.libc.abi + target.architecture.eabi
    return zig_targets()[target.architecture.name].clang.format(abi=abi)


def system_headers(directories: tuple[str, ...]) -> tuple[str, ...]:
    """Return the options that add system header directories to clang's search list."""
    return tuple(arg for directory in directories for arg in ("-isystem", directory))


def zig_triple(target: LinuxTarget) -> str:
    """Return the triple for zig's ``-target``, which includes the version of glibc."""
    abi = target.libc.abi + target.architecture.eabi
    major, minor = target.version
    suffix = f".{major}.{minor}" if target.libc.name == "glibc" else ""
    return f"{zig_targets()[target.architecture.name].zig}-linux-{abi}{suffix}"


@dataclass(frozen=True, slots=True)
class ZigProgram:
    """The installed ``ziglang`` package.

    :param library: its directory of headers and sources.
    """

    executable: Path
    library: Path
    version: str


@cache
def installed_zig() -> ZigProgram:
    """Find the ``ziglang`` package in crosswheel's environment.

    :raises EnvironmentMissingError: if it is not installed.
    """
    spec = find_spec("ziglang")
    if spec is None or spec.origin is None:
        raise EnvironmentMissingError("the ziglang package is not installed", hint="pip install ziglang")
    home = Path(spec.origin).parent
    return ZigProgram(home / "zig", home / "lib", version("ziglang"))
