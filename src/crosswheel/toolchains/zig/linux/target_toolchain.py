"""A kit: stubs, start files, header lists and the C++ runtime of one target, made once and kept in the cache."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.host.files import temporary_directory
from crosswheel.toolchains.model import Call, CallSettings, Plan, Tool
from crosswheel.toolchains.tool_names import INSPECTORS
from crosswheel.toolchains.zig.base import prepare_directory, read_facts, write_facts
from crosswheel.toolchains.zig.linkers import linker_program
from crosswheel.toolchains.zig.linux.rules import LinuxFacts, plan_call
from crosswheel.toolchains.zig.linux.stubs import PROGRAM, ZigCommandLine, make_stubs
from crosswheel.toolchains.zig.model import (
    BUILTINS,
    COMPILER_RT,
    QUIET,
    ZigProgram,
    clang_triple,
    zig_targets,
)
from crosswheel.toolchains.zig.runtime_base import ZigTargetToolchainWithCxx

if TYPE_CHECKING:
    from crosswheel.host import Host
    from crosswheel.targets import LinuxTarget

_LAYOUT = 6
"""Raised when what a kit directory holds changes, so that older ones are not used."""
_GLIBC_LINKS = ("c", "m", "pthread", "dl", "rt", "util", "resolv")
_EMPTY_MUSL = ("m", "pthread", "dl", "rt", "util", "resolv", "crypt", "xnet")
# What glibc 2.34 made parts of libc.so.6; programs still ask for them, so it installs empty archives.
_EMPTY_GLIBC = ("pthread", "dl", "rt", "util")


@dataclass(frozen=True)
class LinuxTargetToolchain(ZigTargetToolchainWithCxx):
    """zig's clang and lld, ready for one target; implements :class:`crosswheel.toolchains.model.TargetToolchain`."""

    target: LinuxTarget
    found: ZigCommandLine

    @property
    def identity(self) -> str:
        """See :attr:`TargetToolchain.identity`."""
        return f"zig-{self.zig.version}-{_LAYOUT}-{self.target}"

    def compile(self, call: Call, settings: CallSettings) -> Plan:
        """See :meth:`ZigTargetToolchain.compile`."""
        return plan_call(self.facts, call, settings)

    @cached_property
    def runtime_flags(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """See :attr:`ZigTargetToolchainWithCxx.runtime_flags`. One runtime serves every version of the C library."""
        row = zig_targets()[self.target.architecture.name]
        _, minor = row.minimum_version(self.target.libc.name)
        start = ("--no-default-config", f"--target={clang_triple(self.target)}", *row.flags)

        def oldest(flags: tuple[str, ...]) -> tuple[str, ...]:
            glibc = "-D__GLIBC_MINOR__="
            return (*start, *(f"{glibc}{minor}" if flag.startswith(glibc) else flag for flag in flags))

        return oldest(self.c_flags), oldest(self.cxx_flags)

    def _paths(self, names: tuple[str, ...], builtins: str) -> tuple[str, ...]:
        """Libraries of the kit; the compiler's helpers come last, so that the C library is asked first."""
        names = (*(name for name in names if not name.endswith(COMPILER_RT)), builtins)
        return tuple(str(self.directory / "lib" / name) for name in names)

    @cached_property
    def facts(self) -> LinuxFacts:
        """What the rules need to know."""
        zig = str(self.zig.executable)
        row = zig_targets()[self.target.architecture.name]
        library = self.directory / "lib"
        musl = self.target.libc.name == "musl"
        return LinuxFacts(
            clang=(zig, "clang"),
            target_flags=(
                "--no-default-config",
                f"--target={clang_triple(self.target)}",
                *row.flags,
                # Nothing of the build machine is looked for, neither libraries nor an installation of gcc.
                f"--sysroot={self.directory}",
                *QUIET,
            ),
            c_flags=self.c_flags,
            cxx_flags=self.cxx_flags,
            lld=(zig, "ld.lld"),
            ld_path=str(linker_program(self.host, self.zig, "ld.lld")),
            emulation=row.emulation,
            tools={Tool.AR: (zig, "ar"), Tool.RANLIB: (zig, "ranlib"), **INSPECTORS},
            library=str(library),
            runtime=str(self.runtime),
            start_files=(str(library / ("crt1.o" if musl else "Scrt1.o")),),
            libraries=self._paths(self.found.libraries, BUILTINS),
            # zig's static musl takes memcpy and the like from compiler-rt.
            program_libraries=self._paths(self.found.program_libraries, PROGRAM + COMPILER_RT if musl else BUILTINS),
            program_flags=("-static", "-no-pie") if musl else ("-pie",),
            hidden=str(self.directory / "hidden.map"),
            architecture=self.target.architecture.name,
            multiarch=self.target.multiarch,
        )


def prepare_linux(host: Host, zig: ZigProgram, target: LinuxTarget) -> LinuxTargetToolchain:
    """The kit of a target, made if it is not in the cache yet.

    :raises EnvironmentMissingError: when zig cannot build for the target.
    """
    directory = host.cache / "toolchains" / f"zig-{zig.version}-{_LAYOUT}" / str(target)
    prepare_directory(host, zig, target, directory, lambda part: _make(host, zig, target, part))
    return LinuxTargetToolchain(target, host, zig, directory, ZigCommandLine(**read_facts(directory, zig)))


def _make(host: Host, zig: ZigProgram, target: LinuxTarget, directory: Path) -> None:
    from crosswheel.toolchains.zig.linux.compiler_rt import make_builtins  # with large libraries that only this needs

    library = directory / "lib"
    library.mkdir()
    with temporary_directory() as work:
        found = make_stubs(host, zig, target, work, library)
        make_builtins(host, zig, target, library, [library / name for name in found.libraries if ".so" in name], work)
    if target.libc.name == "musl":
        _name_musl(host, target, library)
        empty: tuple[str, ...] = _EMPTY_MUSL
    else:
        for stub in sorted(library.glob("lib*.so.*")):
            link = library / f"{stub.name.partition('.so')[0]}.so"
            if link.stem.removeprefix("lib") in _GLIBC_LINKS:
                link.symlink_to(stub.name)
        empty = tuple(name for name in _EMPTY_GLIBC if not (library / f"lib{name}.so").exists())
    for name in empty:
        host.run(zig.executable, "ar", "rcsD", library / f"lib{name}.a", cwd=library)
    shutil.copyfile(str(files("crosswheel.toolchains").joinpath("hidden.map")), directory / "hidden.map")
    write_facts(directory, found, zig)


def _name_musl(host: Host, target: LinuxTarget, library: Path) -> None:
    """Give musl's stub the name under which distributions install it, so that modules need that name."""
    patchelf = host.program("patchelf") or "patchelf"
    host.run(patchelf, "--set-soname", target.libc_soname, library / "libc.so", cwd=library)
