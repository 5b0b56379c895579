"""Preparation of zig for a Linux target: C library stubs, start files, header directories, C++ runtime.

zig is run once per target, for what only it can generate; the files that its command lines name are copied into the
toolchain's directory in the cache. Afterwards clang and lld are run directly, without zig's own driver.
"""

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
from crosswheel.sealing import Mount
from crosswheel.toolchains.model import Call, CallSettings, Plan, Tool
from crosswheel.toolchains.tool_names import INSPECTORS
from crosswheel.toolchains.zig.base import (
    ZigTargetToolchainWithCxx,
    linker_program,
    prepare_directory,
    read_zig_options,
    write_zig_options,
)
from crosswheel.toolchains.zig.command_lines import defines, run_zig_driver, search_list
from crosswheel.toolchains.zig.linux.rules import LinuxFacts, plan_call
from crosswheel.toolchains.zig.model import (
    BUILTINS,
    COMPILER_RT,
    QUIET_FLAGS,
    ZigProgram,
    clang_triple,
    zig_targets,
    zig_triple,
)

if TYPE_CHECKING:
    from crosswheel.host import Host
    from crosswheel.targets import LinuxTarget

_LAYOUT = 6
"""Version of the directory's contents; raise it when they change, so that older directories are not used."""
_GLIBC_LINKS = ("c", "m", "pthread", "dl", "rt", "util", "resolv")
_EMPTY_MUSL = ("m", "pthread", "dl", "rt", "util", "resolv", "crypt", "xnet")
# Merged into libc.so.6 by glibc 2.34, which installs empty archives for programs that still link them.
_EMPTY_GLIBC = ("pthread", "dl", "rt", "util")
_LIBRARY = re.compile(r".*/lib[^/]*\.(?:so(?:\.\d+)*|a)")
_START_FILE = re.compile(r".*crt\w*\.o")
_PROGRAM_LIBRARIES = "program/"
"""Subdirectory of ``lib`` with the libraries that only programs are linked with."""


@dataclass(frozen=True, slots=True)
class LinuxZigOptions:
    """What zig passes to clang and lld for a Linux target.

    :param includes: system header directories for C, in search order.
    :param cxx_includes: the same for C++.
    :param defines: macros for C, as ``-D`` options.
    :param cxx_defines: the same for C++.
    :param libraries: libraries at the end of a shared object's link, in order, relative to the toolchain's ``lib``.
    :param program_libraries: the same for a program.
    """

    includes: tuple[str, ...]
    cxx_includes: tuple[str, ...]
    defines: tuple[str, ...]
    cxx_defines: tuple[str, ...]
    libraries: tuple[str, ...]
    program_libraries: tuple[str, ...]


@dataclass(frozen=True)
class LinuxTargetToolchain(ZigTargetToolchainWithCxx):
    """zig's clang and lld for one Linux target; implements :class:`crosswheel.toolchains.model.TargetToolchain`."""

    target: LinuxTarget
    zig_options: LinuxZigOptions

    @property
    def identity(self) -> str:
        """See :attr:`TargetToolchain.identity`."""
        return f"zig-{self.zig.version}-{_LAYOUT}-{self.target}"

    @property
    def kernel_headers(self) -> tuple[Mount, ...]:
        """See :attr:`TargetToolchain.kernel_headers`: those that are the same for all architectures.

        The build machine's own compiler reads them too; headers of one architecture are elsewhere.
        """
        headers = self.zig.executable.parent / "lib" / "libc" / "include" / "any-linux-any"
        return tuple(Mount(headers / name, Path("/usr/include", name)) for name in ("linux", "asm-generic"))

    def plan_without_fortran(self, call: Call, settings: CallSettings) -> Plan:
        """See :meth:`ZigTargetToolchain.plan_without_fortran`."""
        return plan_call(self.facts, call, settings)

    @cached_property
    def runtime_flags(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """See :attr:`ZigTargetToolchainWithCxx.runtime_flags`.

        All versions of a C library share one runtime, compiled for the oldest.
        """
        row = zig_targets()[self.target.architecture.name]
        _, minor = row.minimum_version(self.target.libc.name)
        start = ("--no-default-config", f"--target={clang_triple(self.target)}", *row.flags)

        def for_oldest_version(flags: tuple[str, ...]) -> tuple[str, ...]:
            glibc = "-D__GLIBC_MINOR__="
            return (*start, *(f"{glibc}{minor}" if flag.startswith(glibc) else flag for flag in flags))

        return for_oldest_version(self.c_flags), for_oldest_version(self.cxx_flags)

    def _library_paths(self, names: tuple[str, ...], builtins: str) -> tuple[str, ...]:
        """Return paths in the toolchain's ``lib``; compiler helpers come last, so that the C library is preferred."""
        names = (*(name for name in names if not name.endswith(COMPILER_RT)), builtins)
        return tuple(str(self.directory / "lib" / name) for name in names)

    @cached_property
    def facts(self) -> LinuxFacts:
        """See :attr:`ZigTargetToolchain.facts`."""
        zig = str(self.zig.executable)
        row = zig_targets()[self.target.architecture.name]
        library = self.directory / "lib"
        musl = self.target.libc.name == "musl"
        # zig's static musl gets memcpy and the like from compiler-rt.
        program_builtins = _PROGRAM_LIBRARIES + COMPILER_RT if musl else BUILTINS
        return LinuxFacts(
            clang=(zig, "clang"),
            target_flags=(
                "--no-default-config",
                f"--target={clang_triple(self.target)}",
                *row.flags,
                # Keeps clang from finding libraries or a gcc installation of the build machine.
                f"--sysroot={self.directory}",
                *QUIET_FLAGS,
            ),
            c_flags=self.c_flags,
            cxx_flags=self.cxx_flags,
            lld=(zig, "ld.lld"),
            ld_path=str(linker_program(self.host, self.zig, "ld.lld")),
            emulation=row.emulation,
            tools={Tool.AR: (zig, "ar"), Tool.RANLIB: (zig, "ranlib"), **INSPECTORS},
            library=str(library),
            runtime=str(self.runtime),
            cpu_model=self.cpu_model.library,
            start_files=(str(library / ("crt1.o" if musl else "Scrt1.o")),),
            libraries=self._library_paths(self.zig_options.libraries, BUILTINS),
            program_libraries=self._library_paths(self.zig_options.program_libraries, program_builtins),
            program_flags=("-static", "-no-pie") if musl else ("-pie",),
            hidden=str(self.directory / "hidden.map"),
            architecture=self.target.architecture.name,
            multiarch=self.target.multiarch,
        )


def prepare_linux(host: Host, zig: ZigProgram, target: LinuxTarget) -> LinuxTargetToolchain:
    """Return the toolchain for a target, preparing its directory on first use.

    :raises EnvironmentMissingError: if zig does not support the target.
    """
    directory = host.cache / "toolchains" / f"zig-{zig.version}-{_LAYOUT}" / str(target)
    prepare_directory(host, zig, target, directory, lambda output: _fill_directory(host, zig, target, output))
    return LinuxTargetToolchain(target, host, zig, directory, LinuxZigOptions(**read_zig_options(directory, zig)))


def _fill_directory(host: Host, zig: ZigProgram, target: LinuxTarget, directory: Path) -> None:
    from crosswheel.toolchains.zig.linux.compiler_rt import make_builtins  # imports pyelftools, needed only here

    library = directory / "lib"
    library.mkdir()
    with temporary_directory() as work:
        options = _collect_stubs(host, zig, target, work, library)
        stubs = [library / name for name in options.libraries if ".so" in name]
        make_builtins(host, zig, target, library, stubs, work)
    if target.libc.name == "musl":
        _set_musl_soname(host, target, library)
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
    write_zig_options(directory, options, zig)


def _set_musl_soname(host: Host, target: LinuxTarget, library: Path) -> None:
    """Give musl's stub the soname that distributions use, so that modules need that name."""
    patchelf = host.program("patchelf") or "patchelf"
    host.run(patchelf, "--set-soname", target.libc_soname, library / "libc.so", cwd=library)


def _collect_stubs(host: Host, zig: ZigProgram, target: LinuxTarget, work: Path, library: Path) -> LinuxZigOptions:
    """Run zig to generate a target's stubs and start files, and copy them into ``library``.

    :param work: an empty working directory.
    :raises EnvironmentMissingError: if zig does not support the target.
    """
    (work / "empty.c").write_text("int crosswheel_probe(void) { return 0; }\n")
    (work / "empty.cc").write_text("int crosswheel_probe() { return 0; }\n")
    (work / "main.c").write_text("int main(void) { return 0; }\n")
    cpu = zig_targets()[target.architecture.name].cpu
    musl = target.libc.name == "musl"
    options = ("-target", zig_triple(target), *((f"-mcpu={cpu}",) if cpu else ()), "-O2")
    # Programs for musl are static, so that they run on any Linux; those for glibc are position independent.
    program_options = ("-static",) if musl else ("-fPIE", "-pie")
    shared = run_zig_driver(host, zig, target, work, "cc", *options, "-shared", "empty.c", "-o", "empty.so")
    cxx = run_zig_driver(host, zig, target, work, "c++", *options, "-c", "empty.cc", "-o", "empty.o")
    program = run_zig_driver(host, zig, target, work, "cc", *options, *program_options, "main.c", "-o", "main")
    libraries = _copy_files(_linked_files(shared, _LIBRARY), library)
    _copy_files(_linked_files(program, _START_FILE), library)
    # A static program's libraries are not position independent and must not replace the modules'.
    directory = _PROGRAM_LIBRARIES if musl else ""
    program_libraries = _copy_files(_linked_files(program, _LIBRARY), library / directory)
    return LinuxZigOptions(
        includes=search_list(shared),
        cxx_includes=search_list(cxx),
        defines=defines(shared),
        cxx_defines=defines(cxx),
        libraries=tuple(libraries),
        program_libraries=tuple(f"{directory}{name}" for name in program_libraries),
    )


def _linked_files(output: str, pattern: re.Pattern[str]) -> list[Path]:
    """Return the absolute paths in the linker's command line that match."""
    line = [line for line in output.splitlines() if line.startswith("ld.lld ")][-1]
    return [Path(arg) for arg in shlex.split(line) if pattern.fullmatch(arg) and Path(arg).is_absolute()]


def _copy_files(paths: list[Path], directory: Path) -> list[str]:
    """Copy files into a directory, without zig's UBSan runtime.

    :returns: the names of those that are there afterwards.
    """
    directory.mkdir(exist_ok=True)
    for path in paths:
        if not path.name.startswith("libubsan_rt") and path.is_file():
            shutil.copyfile(path, directory / path.name)
    return [path.name for path in paths if (directory / path.name).is_file()]
