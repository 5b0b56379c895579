"""Asking zig, once per target, for what only it can make: C library stubs, start files, compiler-rt, header lists.

zig prints the linker's and the compiler's command lines under ``-v``; what they name is copied into the kit, so
that afterwards clang and lld are driven directly, without zig's own layer over them.
"""

from __future__ import annotations

import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError
from crosswheel.toolchains.zig.model import ZigProgram, zig_targets, zig_triple

if TYPE_CHECKING:
    from crosswheel.host import Host
    from crosswheel.targets import LinuxTarget

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
    shared = _zig(host, zig, "cc", target, work, "-O2", "-shared", "empty.c", "-o", "empty.so")
    cxx = _zig(host, zig, "c++", target, work, "-O2", "-c", "empty.cc", "-o", "empty.o")
    program = _zig(host, zig, "cc", target, work, "-O2", *_program_flags(target), "main.c", "-o", "main")
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


def _zig(host: Host, zig: ZigProgram, driver: str, target: LinuxTarget, work: Path, *arguments: str) -> str:
    environ = {
        **{name: value for name, value in host.environ.items() if name in {"PATH", "HOME", "TMPDIR"}},
        "ZIG_GLOBAL_CACHE_DIR": str(host.cache / "zig"),
        "ZIG_LOCAL_CACHE_DIR": str(work / "zig-local"),
    }
    cpu = zig_targets()[target.architecture.name].cpu
    options = ("-target", zig_triple(target), *((f"-mcpu={cpu}",) if cpu else ()), *arguments, "-v")
    outcome = host.run(zig.executable, driver, *options, cwd=work, env=environ)
    if not outcome.ok:
        last = next((line for line in outcome.stderr.splitlines() if "error" in line), outcome.stderr[-300:])
        raise EnvironmentMissingError(f"zig {zig.version} cannot build for {target}: {last.strip()}")
    return outcome.stderr + outcome.stdout


def _linked_files(said: str, pattern: re.Pattern[str]) -> list[Path]:
    line = [line for line in said.splitlines() if line.startswith("ld.lld ")][-1]
    return [Path(word) for word in shlex.split(line) if pattern.fullmatch(word) and Path(word).is_absolute()]


def _copied(files: list[Path], library: Path) -> list[str]:
    library.mkdir(exist_ok=True)
    for path in files:
        if not path.name.startswith("libubsan_rt") and path.is_file():
            shutil.copyfile(path, library / path.name)
    return [path.name for path in files if (library / path.name).is_file()]


def search_list(said: str) -> tuple[str, ...]:
    """The directories of headers that clang names under ``-v``, in order."""
    block = said.rpartition("#include <...> search starts here:")[2].partition("End of search list.")[0]
    return tuple(line.strip() for line in block.splitlines() if line.strip())


def defines(said: str) -> tuple[str, ...]:
    """The macros that zig defines for clang, as it prints its command line under ``-v``."""
    line = next(line for line in said.splitlines() if " -cc1 " in line and '"' in line)
    words = shlex.split(line)
    macros = [words[at + 1] for at, word in enumerate(words[:-1]) if word == "-D"]
    # NDEBUG is zig's own view of -O2; whether assertions count is for the build to say.
    return tuple(f"-D{macro}" for macro in macros if macro != "NDEBUG")
