"""Base classes of the toolchains that zig's clang is prepared into, and the files they keep in the cache."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar, Protocol

from crosswheel.host.files import create_once, write_atomic
from crosswheel.platforms import platform_of
from crosswheel.toolchains.fortran.f2c import F2c
from crosswheel.toolchains.model import Tool
from crosswheel.toolchains.zig.cpu_model import CPU_MODEL, CpuModel
from crosswheel.toolchains.zig.model import system_headers
from crosswheel.toolchains.zig.runtime import build_runtime, runtime_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import Any

    from crosswheel.host import Host
    from crosswheel.sealing import Mount
    from crosswheel.targets import Target
    from crosswheel.toolchains.model import Call, CallSettings, Plan
    from crosswheel.toolchains.zig.model import ZigProgram

CXX_RUNTIME = "c++"
"""Component name of the C++ runtime in plans."""
_OPTIONS_FILE = "kit.json"
# Stands for the directory of the ziglang package, so that keys and files do not depend on where it is installed.
_ZIG_LIBRARY = "{ziglang}"


class ToolchainFacts(Protocol):
    """The part of a system's facts that is the same for all systems."""

    @property
    def tools(self) -> Mapping[Tool, tuple[str, ...]]:
        """Commands of the tools that are neither compilers nor linkers."""
        ...


@dataclass(frozen=True)
class ZigTargetToolchain(ABC):
    """Base of every target toolchain that compiles with zig's clang.

    :param directory: the toolchain's directory in the cache.
    """

    target: Target
    host: Host
    zig: ZigProgram
    directory: Path

    COMMON_BLOCKS: ClassVar[str] = "common"
    """How Fortran's COMMON blocks become symbols; see :class:`FortranFacts`."""
    TYPED_CALLS: ClassVar[bool] = False
    """Whether calls fail if the argument types do not match the function's (WebAssembly)."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """See :attr:`TargetToolchain.identity`."""

    @property
    @abstractmethod
    def facts(self) -> ToolchainFacts:
        """Return the facts that the rules read."""

    @abstractmethod
    def plan_without_fortran(self, call: Call, settings: CallSettings) -> Plan:
        """Return the plan for a call without Fortran."""

    @property
    def compiler_id(self) -> str:
        """See :attr:`TargetToolchain.compiler_id`."""
        return "clang"

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """See :attr:`TargetToolchain.mounts`."""
        return ()

    @property
    def kernel_headers(self) -> tuple[Mount, ...]:
        """See :attr:`TargetToolchain.kernel_headers`."""
        return ()

    @cached_property
    def fortran(self) -> F2c:
        """Fortran 77 on top of this toolchain's C compiler."""
        return F2c(
            self.host,
            self.target,
            self.identity,
            self.plan_without_fortran,
            self.facts.tools[Tool.AR],
            common_blocks=self.COMMON_BLOCKS,
            typed_calls=self.TYPED_CALLS,
        )

    def plan(self, call: Call, settings: CallSettings) -> Plan:
        """See :meth:`TargetToolchain.plan`."""
        return self.fortran.plan(call, settings)


class ZigCompileOptions(Protocol):
    """Header directories and macros that ``zig cc`` and ``zig c++`` pass to clang."""

    @property
    def includes(self) -> tuple[str, ...]:
        """Header directories for C, in search order."""
        ...

    @property
    def cxx_includes(self) -> tuple[str, ...]:
        """Header directories for C++, in search order."""
        ...

    @property
    def defines(self) -> tuple[str, ...]:
        """Macros for C, as ``-D`` options."""
        ...

    @property
    def cxx_defines(self) -> tuple[str, ...]:
        """Macros for C++, as ``-D`` options."""
        ...


@dataclass(frozen=True)
class ZigTargetToolchainWithCxx(ZigTargetToolchain):
    """Base of the toolchains that link a C++ runtime into each module, as their target has none to share.

    :param zig_options: what zig passes to clang for the target.
    """

    zig_options: ZigCompileOptions

    @property
    def runtime_libraries(self) -> tuple[str, ...]:
        """The libraries of the C++ runtime that the target lacks."""
        return platform_of(self.target).cxx_runtime

    @property
    @abstractmethod
    def runtime_flags(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the flags that compile the C++ runtime: for C, and for C++."""

    @property
    def c_flags(self) -> tuple[str, ...]:
        """Header directories and macros for C."""
        return ("-nostdinc", *system_headers(self.zig_options.includes), *self.zig_options.defines)

    @property
    def cxx_flags(self) -> tuple[str, ...]:
        """Header directories and macros for C++."""
        options = self.zig_options
        return ("-nostdinc", "-nostdinc++", *system_headers(options.cxx_includes), *options.cxx_defines)

    @cached_property
    def runtime(self) -> Path:
        """Directory of the C++ runtime, keyed by its flags: versions of a system with the same flags share it."""
        flags = portable_json((*self.runtime_flags, self.runtime_libraries), self.zig)
        key = sha256(f"{self.zig.version}\n{runtime_table()}\n{flags}".encode()).hexdigest()[:12]
        return self.host.cache / "toolchains" / f"runtime-{self.target.alias}-{key}"

    @cached_property
    def cpu_model(self) -> CpuModel:
        """Processor detection for ``__builtin_cpu_supports`` and function multiversioning."""
        return CpuModel(self.host, self.zig, self.target, self.runtime_flags[0])

    def build_component(self, part: str) -> None:
        """See :meth:`TargetToolchain.build_component`.

        Components are ``c++``, those of :class:`F2c`, and :class:`CpuModel`.
        """
        if self.fortran.build_component(part):
            return
        if part == CPU_MODEL:
            self.cpu_model.build()
            return
        if part != CXX_RUNTIME:
            raise ValueError(part)
        flags, libraries, target = self.runtime_flags, self.runtime_libraries, self.target
        create_once(self.runtime, lambda output: build_runtime(self.host, self.zig, *flags, output, libraries, target))


def portable_json(value: object, zig: ZigProgram) -> str:
    """Return a value as JSON that does not depend on where zig is installed, for cache keys and files."""
    return json.dumps(value).replace(str(zig.library), _ZIG_LIBRARY)


def write_zig_options(directory: Path, options: Any, zig: ZigProgram) -> None:
    """Save what zig passes to clang in a toolchain's directory.

    :param options: a dataclass whose fields are tuples of strings.
    """
    (directory / _OPTIONS_FILE).write_text(portable_json(asdict(options), zig), "utf-8")


def read_zig_options(directory: Path, zig: ZigProgram) -> Mapping[str, tuple[str, ...]]:
    """Return what :func:`write_zig_options` saved, by field name."""
    text = (directory / _OPTIONS_FILE).read_text("utf-8").replace(_ZIG_LIBRARY, str(zig.library))
    return {key: tuple(value) for key, value in json.loads(text).items()}


def prepare_directory(
    host: Host, zig: ZigProgram, target: Target, directory: Path, fill: Callable[[Path], None]
) -> None:
    """Create a toolchain's directory unless it is in the cache."""
    if not directory.is_dir():
        with host.progress.step(f"preparing zig {zig.version} for {target}, once"):
            create_once(directory, fill)


def linker_program(host: Host, zig: ZigProgram, name: str) -> Path:
    """Return one of zig's linkers as a program that clang can start; zig only has them as subcommands.

    :param name: ``ld.lld`` or ``wasm-ld``.
    :returns: a script in the cache, one per installed zig.
    """
    directory = sha256(str(zig.executable).encode()).hexdigest()[:12]
    program = host.cache / "toolchains" / "linkers" / directory / name
    if not program.is_file():
        write_atomic(program, f"#!/bin/sh\nexec '{zig.executable}' {name} \"$@\"\n", mode=0o755)
    return program
