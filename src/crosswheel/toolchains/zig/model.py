"""What zig knows of a target, as data: names, flags, minimum_versions."""

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
"""The compiler's helpers as zig makes them."""
BUILTINS = "libbuiltins.a"
"""The same without what belongs to the C library."""
QUIET = (
    "-Wno-unused-command-line-argument",
    "-Wno-unknown-warning-option",
    "-Wno-ignored-optimization-argument",
    "-Wno-deprecated-ofast",
)
"""gcc is silent about these where it does not know them; with -Werror a build would stop at them."""


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
        """The oldest version of a C library it has stubs for."""
        versions = {"glibc": self.glibc, "musl": self.musl}
        major, minor = table_row(versions, libc, "crosswheel/toolchains/zig/targets.toml", kind="C library").split(".")
        return int(major), int(minor)


@cache
def zig_targets() -> Mapping[str, ZigTarget]:
    """Every architecture zig can build for, by its name in platform tags."""
    text = files("crosswheel.toolchains.zig").joinpath("targets.toml").read_text("utf-8")
    rows = tomllib.loads(text)
    return MappingProxyType({name: ZigTarget(**(row | {"flags": tuple(row["flags"])})) for name, row in rows.items()})


def clang_triple(target: LinuxTarget) -> str:
    """The triple clang is given."""
    abi = target.libc.abi + target.architecture.eabi
    return zig_targets()[target.architecture.name].clang.format(abi=abi)


def system_headers(directories: tuple[str, ...]) -> tuple[str, ...]:
    """The options that make clang look for headers in these directories."""
    return tuple(word for directory in directories for word in ("-isystem", directory))


def zig_triple(target: LinuxTarget) -> str:
    """The triple by which zig provides stubs, with the version of glibc."""
    abi = target.libc.abi + target.architecture.eabi
    major, minor = target.version
    suffix = f".{major}.{minor}" if target.libc.name == "glibc" else ""
    return f"{zig_targets()[target.architecture.name].zig}-linux-{abi}{suffix}"


@dataclass(frozen=True, slots=True)
class ZigProgram:
    """The installed ``ziglang`` package: its program, its library of headers and sources, its version."""

    executable: Path
    library: Path
    version: str


@cache
def installed_zig() -> ZigProgram:
    """The ``ziglang`` package beside crosswheel.

    :raises EnvironmentMissingError: when it is not installed.
    """
    spec = find_spec("ziglang")
    if spec is None or spec.origin is None:
        raise EnvironmentMissingError("the ziglang package is not installed", hint="pip install ziglang")
    home = Path(spec.origin).parent
    return ZigProgram(home / "zig", home / "lib", version("ziglang"))
