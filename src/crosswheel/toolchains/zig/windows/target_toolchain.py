"""Preparation of zig for a Windows target: start files, libraries, header directories, C++ runtime."""

from __future__ import annotations

import shlex
import shutil
import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from crosswheel.host.files import temporary_directory
from crosswheel.toolchains.model import Call, CallSettings, Plan, Tool
from crosswheel.toolchains.tool_names import INSPECTORS
from crosswheel.toolchains.zig.base import (
    ZigTargetToolchainWithCxx,
    prepare_directory,
    read_zig_options,
    write_zig_options,
)
from crosswheel.toolchains.zig.command_lines import defines, run_zig_driver, search_list
from crosswheel.toolchains.zig.model import QUIET_FLAGS
from crosswheel.toolchains.zig.windows.rules import WindowsFacts, plan_call, system_library
from crosswheel.toolchains.zig.windows.sysroot import (
    caseless_headers,
    make_import_library,
    system_exports,
    system_libraries,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswheel.host import Host
    from crosswheel.targets import WindowsTarget
    from crosswheel.toolchains.zig.model import ZigProgram

OLDEST = (10, 0)
"""Windows version of zig's headers and libraries."""
_LAYOUT = 1
"""Version of the directory's contents; raise it when they change, so that older directories are not used."""
# zig's file names, and MinGW's: lld-link exports no symbols of files with MinGW's names.
_MINGW_NAMES = {
    "dllcrt2.obj": "dllcrt2.o",
    "crt2.obj": "crt2.o",
    "libmingw32.lib": "libmingw32.a",
    "zigc.lib": "libmingwex.a",
    "compiler_rt.lib": "libclang_rt.builtins.a",
}
_MODULE_START, _PROGRAM_START = "dllcrt2.o", "crt2.o"
# Linked last, so that memcpy, exp and the like come from the UCRT.
_LINKED_LAST = ("libmingwex.a", "libclang_rt.builtins.a")


@dataclass(frozen=True, slots=True)
class WindowsZigTarget:
    """A row of ``targets.toml``, where each field is explained."""

    zig: str
    clang: str
    flags: tuple[str, ...]
    intrinsics: tuple[str, ...]
    lld: str
    dlltool: str
    exports: tuple[str, ...]
    macro: str


@cache
def windows_zig_targets() -> Mapping[str, WindowsZigTarget]:
    """Return the Windows architectures that zig builds for, by platform tag."""
    rows = tomllib.loads(files("crosswheel.toolchains.zig.windows").joinpath("targets.toml").read_text("utf-8"))
    lists = ("flags", "intrinsics", "exports")
    return MappingProxyType(
        {name: WindowsZigTarget(**(row | {key: tuple(row[key]) for key in lists})) for name, row in rows.items()}
    )


@dataclass(frozen=True, slots=True)
class WindowsZigOptions:
    """What zig passes to clang and lld for a Windows target.

    :param includes: header directories for C, in search order.
    :param cxx_includes: the same for C++.
    :param defines: macros for C, as ``-D`` options.
    :param cxx_defines: the same for C++.
    :param libraries: names of the files in the toolchain's ``lib`` at the end of a link, in order.
    """

    includes: tuple[str, ...]
    cxx_includes: tuple[str, ...]
    defines: tuple[str, ...]
    cxx_defines: tuple[str, ...]
    libraries: tuple[str, ...]


@dataclass(frozen=True)
class WindowsTargetToolchain(ZigTargetToolchainWithCxx):
    """zig for one Windows target; implements :class:`crosswheel.toolchains.model.TargetToolchain`."""

    target: WindowsTarget
    zig_options: WindowsZigOptions

    @property
    def identity(self) -> str:
        """See :attr:`TargetToolchain.identity`."""
        return f"zig-{self.zig.version}-{_LAYOUT}-{self.target}"

    def plan_without_fortran(self, call: Call, settings: CallSettings) -> Plan:
        """See :meth:`ZigTargetToolchain.plan_without_fortran`."""
        return plan_call(self.facts, call, settings)

    def build_component(self, part: str) -> None:
        """See :meth:`TargetToolchain.build_component`; import libraries of system libraries are components too."""
        if (name := system_library(part)) is None:
            super().build_component(part)
        else:
            self._make_system_library(name)

    def _make_system_library(self, name: str) -> None:
        output, row = self._imports / f"{name}.lib", self._row
        if not output.is_file():
            exports = system_exports(self.host, self.zig, name, row.exports, row.macro)
            make_import_library(self.host, self.zig, exports, row.dlltool, output)

    @property
    def _row(self) -> WindowsZigTarget:
        return windows_zig_targets()[self.target.architecture.name]

    @property
    def _imports(self) -> Path:
        return self.directory / "imports"

    @cached_property
    def runtime_flags(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """See :attr:`ZigTargetToolchainWithCxx.runtime_flags`."""
        start = ("--no-default-config", f"--target={self._row.clang}", *self._row.flags)
        return (*start, *self.c_flags), (*start, *self.cxx_flags)

    @cached_property
    def facts(self) -> WindowsFacts:
        """See :attr:`ZigTargetToolchain.facts`."""
        zig, row = str(self.zig.executable), self._row
        library = self.directory / "lib"
        caseless = caseless_headers(self.host, self.zig_options.includes[-1])
        return WindowsFacts(
            clang=(
                *(zig, "clang", "--no-default-config", f"--target={row.clang}"),
                *(*row.flags, *row.intrinsics, *QUIET_FLAGS),
            ),
            c_flags=(*self.c_flags, *caseless),
            cxx_flags=(*self.cxx_flags, *caseless),
            linker=(
                *(zig, "lld-link", "-lldmingw", "-nologo", "-errorlimit:0", f"-machine:{row.lld}"),
                *("-brepro", "-debug:none", "-opt:ref,noicf", "-alternatename:__image_base__=__ImageBase"),
            ),
            tools={
                Tool.AR: (zig, "ar", "--format=gnu"),
                Tool.RANLIB: (zig, "ranlib"),
                Tool.DLLTOOL: (zig, "dlltool", "-m", row.dlltool),
                Tool.WINDRES: (zig, "rc", "/:auto-includes", "gnu", "/:target", row.lld),
                Tool.NM: INSPECTORS[Tool.NM],
            },
            linker_version=(zig, "ld.lld", "--version"),
            library=str(library),
            runtime=str(self.runtime),
            cpu_model=self.cpu_model.library,
            imports=str(self._imports),
            system=system_libraries(self.zig, row.exports),
            module_start=str(library / _MODULE_START),
            program_start=str(library / _PROGRAM_START),
            libraries=tuple(str(library / name) for name in self.zig_options.libraries),
            cpu=self.target.architecture.triple_cpu,
            multiarch=self.target.triple,
        )


def prepare_windows(host: Host, zig: ZigProgram, target: WindowsTarget) -> WindowsTargetToolchain:
    """Return the toolchain for a target, preparing its directory on first use.

    :raises EnvironmentMissingError: if zig does not support the target.
    """
    directory = host.cache / "toolchains" / f"zig-{zig.version}-windows-{_LAYOUT}" / str(target)
    prepare_directory(host, zig, target, directory, lambda output: _fill_directory(host, zig, target, output))
    return WindowsTargetToolchain(target, host, zig, directory, WindowsZigOptions(**read_zig_options(directory, zig)))


def _fill_directory(host: Host, zig: ZigProgram, target: WindowsTarget, directory: Path) -> None:
    library = directory / "lib"
    library.mkdir()
    (directory / "imports").mkdir()
    with temporary_directory() as work:
        (work / "empty.c").write_text("int crosswheel_probe(void) { return 0; }\n")
        (work / "empty.cc").write_text("int crosswheel_probe() { return 0; }\n")
        (work / "main.c").write_text("int main(void) { return 0; }\n")
        options = ("-target", windows_zig_targets()[target.architecture.name].zig, "-O2")
        shared = run_zig_driver(host, zig, target, work, "cc", *options, "-shared", "empty.c", "-o", "empty.dll")
        cxx = run_zig_driver(host, zig, target, work, "c++", *options, "-c", "empty.cc", "-o", "empty.obj")
        program = run_zig_driver(host, zig, target, work, "cc", *options, "main.c", "-o", "main.exe")
    linked = [_copy_renamed(path, library) for output in (program, shared) for path in _linked_files(host, output)]
    libraries = [name for name in dict.fromkeys(linked) if not name.endswith(".o")]
    libraries.sort(key=lambda name: name in _LINKED_LAST)
    zig_options = WindowsZigOptions(
        search_list(shared), search_list(cxx), defines(shared), defines(cxx), tuple(libraries)
    )
    write_zig_options(directory, zig_options, zig)


def _copy_renamed(path: Path, directory: Path) -> str:
    """Copy a file that zig built, under MinGW's name for it.

    :returns: that name.
    """
    name = _MINGW_NAMES.get(path.name, path.name)
    shutil.copyfile(path, directory / name)
    return name


def _linked_files(host: Host, output: str) -> list[Path]:
    """Return the files in the linker's command line that zig built."""
    line = [line for line in output.splitlines() if line.startswith("lld-link ")][-1]
    built = host.cache / "zig" / "o"
    return [path for arg in shlex.split(line) if (path := Path(arg)).is_relative_to(built)]
