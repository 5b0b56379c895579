"""Kits that bring a C++ runtime of their own, compiled once, since their target has none that modules could share."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

from crosswheel.host.files import create_once
from crosswheel.platforms import platform_of
from crosswheel.toolchains.zig.base import ZigTargetToolchain, relocatable
from crosswheel.toolchains.zig.model import system_headers
from crosswheel.toolchains.zig.runtime import build_runtime, runtime_table

if TYPE_CHECKING:
    from pathlib import Path

PART = "c++"
"""What plans call the runtime, as a part of the kit."""


class Headers(Protocol):
    """What zig has said of compiling."""

    @property
    def includes(self) -> tuple[str, ...]:
        """Where headers are for C."""
        ...

    @property
    def cxx_includes(self) -> tuple[str, ...]:
        """Where headers are for C++."""
        ...

    @property
    def defines(self) -> tuple[str, ...]:
        """Macros for C, as ``-D`` arguments."""
        ...

    @property
    def cxx_defines(self) -> tuple[str, ...]:
        """Macros for C++."""
        ...


@dataclass(frozen=True)
class ZigTargetToolchainWithCxx(ZigTargetToolchain):
    """A kit of zig's clang with the C++ runtime out of zig's package."""

    found: Headers

    @property
    def runtime_libraries(self) -> tuple[str, ...]:
        """The libraries of it that the target does not have."""
        return platform_of(self.target).cxx_runtime

    @property
    @abstractmethod
    def runtime_flags(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What it is compiled with: C and C++."""

    @property
    def c_flags(self) -> tuple[str, ...]:
        """Headers and macros for C."""
        return ("-nostdinc", *system_headers(self.found.includes), *self.found.defines)

    @property
    def cxx_flags(self) -> tuple[str, ...]:
        """Headers and macros for C++."""
        return ("-nostdinc", "-nostdinc++", *system_headers(self.found.cxx_includes), *self.found.cxx_defines)

    @cached_property
    def runtime(self) -> Path:
        """Where it lies, or will; the flags tell it from others, so versions of a system that share them share it."""
        flags = relocatable((*self.runtime_flags, self.runtime_libraries), self.zig)
        key = sha256(f"{self.zig.version}\n{runtime_table()}\n{flags}".encode()).hexdigest()[:12]
        return self.host.cache / "toolchains" / f"runtime-{self.target.alias}-{key}"

    def build_component(self, part: str) -> None:
        """See :meth:`TargetToolchain.build_component`; the parts are ``c++`` and those of :class:`F2c`."""
        if self.fortran.build_component(part):
            return
        if part != PART:
            raise ValueError(part)
        system, flags, wanted = self.target.system.name, self.runtime_flags, self.runtime_libraries
        create_once(self.runtime, lambda made: build_runtime(self.host, self.zig, *flags, made, wanted, system))
