"""A kit for Windows: start files and libraries that zig makes once, headers from its own package."""

from __future__ import annotations

import shlex
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError
from crosswheel.host.files import temporary_directory
from crosswheel.toolchains.model import Call, CallSettings, Plan, Tool
from crosswheel.toolchains.tool_names import INSPECTORS
from crosswheel.toolchains.zig.base import prepare_directory, read_facts, write_facts
from crosswheel.toolchains.zig.linux.stubs import defines, search_list
from crosswheel.toolchains.zig.model import QUIET
from crosswheel.toolchains.zig.runtime_base import ZigTargetToolchainWithCxx
from crosswheel.toolchains.zig.windows.headers import caseless_headers
from crosswheel.toolchains.zig.windows.import_libraries import make_import_library, system_exports, system_libraries
from crosswheel.toolchains.zig.windows.model import WindowsZig, windows_zig
from crosswheel.toolchains.zig.windows.rules import WindowsFacts, plan_call, system_library

if TYPE_CHECKING:
    from crosswheel.host import Host
    from crosswheel.targets import WindowsTarget
    from crosswheel.toolchains.zig.model import ZigProgram

_LAYOUT = 1
"""Raised when what a kit directory holds changes, so that older ones are not used."""
# What zig calls its own parts, and the names by which lld knows that none of their symbols is to be exported.
_RENAMED = {
    "dllcrt2.obj": "dllcrt2.o",
    "crt2.obj": "crt2.o",
    "libmingw32.lib": "libmingw32.a",
    "zigc.lib": "libmingwex.a",
    "compiler_rt.lib": "libclang_rt.builtins.a",
}
_MODULE_START, _PROGRAM_START = "dllcrt2.o", "crt2.o"
# The compiler's helpers come last, so that the UCRT is asked for memcpy, exp and the like first.
_LAST = ("libmingwex.a", "libclang_rt.builtins.a")


@dataclass(frozen=True, slots=True)
class ZigLinkInputs:
    """What zig would put on its command lines.

    :param includes: where it looks for headers for C; ``cxx_includes`` for C++.
    :param defines: macros for C, ``cxx_defines`` for C++, as ``-D`` arguments.
    :param libraries: names of the files in the kit's library directory to end a link with, in order.
    """

    includes: tuple[str, ...]
    cxx_includes: tuple[str, ...]
    defines: tuple[str, ...]
    cxx_defines: tuple[str, ...]
    libraries: tuple[str, ...]


@dataclass(frozen=True)
class WindowsTargetToolchain(ZigTargetToolchainWithCxx):
    """Implements :class:`crosswheel.toolchains.model.TargetToolchain`."""

    target: WindowsTarget
    found: ZigLinkInputs

    @property
    def identity(self) -> str:
        """See :attr:`TargetToolchain.identity`."""
        return f"zig-{self.zig.version}-{_LAYOUT}-{self.target}"

    def compile(self, call: Call, settings: CallSettings) -> Plan:
        """See :meth:`ZigTargetToolchain.compile`."""
        return plan_call(self.facts, call, settings)

    def build_component(self, part: str) -> None:
        """See :meth:`TargetToolchain.build_component`; libraries of the system are parts too."""
        if (name := system_library(part)) is None:
            super().build_component(part)
        else:
            self._import(name)

    def _import(self, name: str) -> None:
        output, row = self._imports / f"{name}.lib", self._row
        if not output.is_file():
            exports = system_exports(self.host, self.zig, name, row.lists, row.macro)
            make_import_library(self.host, self.zig, exports, row.dlltool, output)

    @property
    def _row(self) -> WindowsZig:
        return windows_zig()[self.target.architecture.name]

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
        """What the rules need to know."""
        zig, row = str(self.zig.executable), self._row
        library = self.directory / "lib"
        caseless = caseless_headers(self.host, self.found.includes[-1])
        return WindowsFacts(
            clang=(zig, "clang", "--no-default-config", f"--target={row.clang}", *row.flags, *row.asking, *QUIET),
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
            imports=str(self._imports),
            system=system_libraries(self.zig, row.lists),
            module_start=str(library / _MODULE_START),
            program_start=str(library / _PROGRAM_START),
            libraries=tuple(str(library / name) for name in self.found.libraries),
            cpu=self.target.architecture.triple_cpu,
            multiarch=self.target.triple,
        )


def prepare_windows(host: Host, zig: ZigProgram, target: WindowsTarget) -> WindowsTargetToolchain:
    """The kit of a target, made if it is not in the cache yet.

    :raises EnvironmentMissingError: when zig cannot build for the target.
    """
    directory = host.cache / "toolchains" / f"zig-{zig.version}-windows-{_LAYOUT}" / str(target)
    prepare_directory(host, zig, target, directory, lambda part: _make(host, zig, target, part))
    return WindowsTargetToolchain(target, host, zig, directory, ZigLinkInputs(**read_facts(directory, zig)))


def _make(host: Host, zig: ZigProgram, target: WindowsTarget, directory: Path) -> None:
    library = directory / "lib"
    library.mkdir()
    (directory / "imports").mkdir()
    with temporary_directory() as work:
        (work / "empty.c").write_text("int crosswheel_probe(void) { return 0; }\n")
        (work / "empty.cc").write_text("int crosswheel_probe() { return 0; }\n")
        (work / "main.c").write_text("int main(void) { return 0; }\n")
        shared = _zig(host, zig, target, work, "cc", "-shared", "empty.c", "-o", "empty.dll")
        cxx = _zig(host, zig, target, work, "c++", "-c", "empty.cc", "-o", "empty.obj")
        program = _zig(host, zig, target, work, "cc", "main.c", "-o", "main.exe")
    linked = [_renamed(path, library) for said in (program, shared) for path in _linked_files(host, said)]
    libraries = [name for name in dict.fromkeys(linked) if not name.endswith(".o")]
    ordered = sorted(libraries, key=lambda name: name in _LAST)
    found = ZigLinkInputs(search_list(shared), search_list(cxx), defines(shared), defines(cxx), tuple(ordered))
    write_facts(directory, found, zig)


def _renamed(path: Path, library: Path) -> str:
    name = _RENAMED.get(path.name, path.name)
    shutil.copyfile(path, library / name)
    return name


def _linked_files(host: Host, said: str) -> list[Path]:
    """The files of zig's own making in the link that it names under ``-v``."""
    line = [line for line in said.splitlines() if line.startswith("lld-link ")][-1]
    made = host.cache / "zig" / "o"
    return [path for word in shlex.split(line) if (path := Path(word)).is_relative_to(made)]


def _zig(host: Host, zig: ZigProgram, target: WindowsTarget, work: Path, driver: str, *arguments: str) -> str:
    environ = {
        **{name: value for name, value in host.environ.items() if name in {"PATH", "HOME", "TMPDIR"}},
        "ZIG_GLOBAL_CACHE_DIR": str(host.cache / "zig"),
        "ZIG_LOCAL_CACHE_DIR": str(work / "zig-local"),
    }
    row = windows_zig()[target.architecture.name]
    outcome = host.run(zig.executable, driver, "-target", row.zig, "-O2", *arguments, "-v", cwd=work, env=environ)
    if not outcome.ok:
        raise EnvironmentMissingError(f"zig {zig.version} cannot build for {target}: {outcome.stderr[-300:]}")
    return outcome.stderr + outcome.stdout
