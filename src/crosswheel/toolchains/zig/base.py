"""What the kits of zig's clang have in common, whatever system they are for."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar, Protocol

from crosswheel.host.files import create_once, write_atomic
from crosswheel.toolchains.fortran.f2c import F2c
from crosswheel.toolchains.model import Tool
from crosswheel.toolchains.zig.model import system_headers
from crosswheel.toolchains.zig.runtime import build_runtime, runtime_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import Any

    from crosswheel.host import Host
    from crosswheel.targets import Target
    from crosswheel.toolchains.model import Call, CallSettings, Plan
    from crosswheel.toolchains.zig.model import ZigProgram

_FACTS = "kit.json"
_HERE = "{ziglang}"


class Facts(Protocol):
    """What the rules of a system have to know, as far as it is the same for all."""

    @property
    def tools(self) -> Mapping[Tool, tuple[str, ...]]:
        """The commands of programs that are neither compilers nor linkers."""
        ...


@dataclass(frozen=True)
class ZigTargetToolchain(ABC):
    """A kit that compiles with zig's clang: what is left to say is what differs between systems.

    :param directory: where it lies in the cache.
    """

    target: Target
    host: Host
    zig: ZigProgram
    directory: Path

    COMMONS: ClassVar[str] = "common"
    """How Fortran's COMMON blocks become symbols."""
    TYPED: ClassVar[bool] = False
    """Whether the linker knows the types of functions."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """See :attr:`TargetToolchain.identity`."""

    @property
    @abstractmethod
    def facts(self) -> Facts:
        """What the rules need to know."""

    @abstractmethod
    def compile(self, call: Call, settings: CallSettings) -> Plan:
        """The plan for a call that has nothing to do with Fortran."""

    @property
    def compiler_id(self) -> str:
        """See :attr:`TargetToolchain.compiler_id`."""
        return "clang"

    @cached_property
    def fortran(self) -> F2c:
        """Fortran 77 with this kit's C compiler."""
        archiver = self.facts.tools[Tool.AR]
        return F2c(
            self.host, self.target, self.identity, self.compile, archiver, commons=self.COMMONS, typed=self.TYPED
        )

    def plan(self, call: Call, settings: CallSettings) -> Plan:
        """See :meth:`TargetToolchain.plan`."""
        return self.fortran.plan(call, settings)


def relocatable(facts: object, zig: ZigProgram) -> str:
    """A value without the place that zig lies in, for a key or a file."""
    return json.dumps(facts).replace(str(zig.library), _HERE)


def write_facts(directory: Path, facts: Any, zig: ZigProgram) -> None:
    """Keep in a kit's directory what zig has said, a frozen value of tuples."""
    (directory / _FACTS).write_text(relocatable(asdict(facts), zig), "utf-8")


def read_facts(directory: Path, zig: ZigProgram) -> Mapping[str, tuple[str, ...]]:
    """What :func:`write_facts` has kept, by the names of its fields."""
    text = (directory / _FACTS).read_text("utf-8").replace(_HERE, str(zig.library))
    return {key: tuple(value) for key, value in json.loads(text).items()}


def prepare_directory(
    host: Host, zig: ZigProgram, target: Target, directory: Path, make: Callable[[Path], None]
) -> None:
    """Make a kit's directory if it is not in the cache yet."""
    if not directory.is_dir():
        with host.progress.step(f"preparing zig {zig.version} for {target}, once"):
            create_once(directory, make)


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

    RUNTIME: ClassVar[tuple[str, ...]] = ("libc++", "libc++abi", "libunwind")
    """The libraries of it that the target does not have."""

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
        flags = relocatable((*self.runtime_flags, self.RUNTIME), self.zig)
        key = sha256(f"{self.zig.version}\n{runtime_table()}\n{flags}".encode()).hexdigest()[:12]
        return self.host.cache / "toolchains" / f"runtime-{self.target.alias}-{key}"

    def build_component(self, part: str) -> None:
        """See :meth:`TargetToolchain.build_component`; the parts are ``c++`` and those of :class:`F2c`."""
        if self.fortran.build_component(part):
            return
        if part != PART:
            raise ValueError(part)
        system, flags = self.target.system.name, self.runtime_flags
        create_once(self.runtime, lambda made: build_runtime(self.host, self.zig, *flags, made, self.RUNTIME, system))


def linker_program(host: Host, zig: ZigProgram, name: str) -> Path:
    """A program that is one of zig's linkers, kept apart for each installed zig.

    :param name: ``ld.lld`` or ``wasm-ld``.
    """
    place = sha256(str(zig.executable).encode()).hexdigest()[:12]
    program = host.cache / "toolchains" / "linkers" / place / name
    if not program.is_file():
        write_atomic(program, f"#!/bin/sh\nexec '{zig.executable}' {name} \"$@\"\n", mode=0o755)
    return program
