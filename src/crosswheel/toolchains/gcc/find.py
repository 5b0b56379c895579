"""Find an installed cross compiler, and query its C library's version, its headers and its libraries."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError
from crosswheel.targets import LinuxTarget

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crosswheel.host import Host

_MACROS = re.compile(r"#define (__GLIBC__|__GLIBC_MINOR__|__clang__|__VERSION__|__REDIR(?=\()) ?(.*)")
_NUMBER = re.compile(r"\d+(\.\d+)*")
_COMPILERS = {"gcc": "g++", "clang": "clang++"}
_OLDEST_GCC = 8
"""The first version with ``-ffile-prefix-map``, which removes the build's directories from its output."""
# Header and library directories of the build machine. Cross compilers of distributions search them too.
_BUILD_MACHINE_HEADERS = ("/usr/include", "/usr/local/include")
_BUILD_MACHINE_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")


@dataclass(frozen=True, slots=True)
class InstalledCompiler:
    """An installed cross compiler.

    :param prefix: the common prefix of its tools, with the directory: ``/usr/bin/riscv64-linux-gnu-``.
    :param cc: path of the C compiler; ``cxx`` of the C++ compiler, which may not exist.
    :param family: ``gcc`` or ``clang``.
    :param libc: the version of the C library whose headers it uses.
    """

    prefix: str
    cc: str
    cxx: str
    family: str
    version: str
    libc: tuple[int, int]

    def tool(self, *names: str) -> str | None:
        """Return the path of the first of its tools that exists, None if there is none of these names."""
        paths = (Path(f"{self.prefix}{name}") for name in names)
        return next((str(path) for path in paths if path.is_file()), None)


@dataclass(frozen=True, slots=True)
class CompilerSearch:
    """The result of a search: a compiler, or the reason why there is none."""

    installed: InstalledCompiler | None
    problem: str = ""


def find_compiler(host: Host, target: LinuxTarget, directory: Path | None) -> CompilerSearch:
    """Search a compiler for a target, whose version is ignored.

    Canonical names are preferred: ``riscv64-linux-gnu-gcc``, then names with a vendor, such as
    ``riscv64-unknown-linux-gnu-gcc``. gcc is preferred to clang.

    :param directory: where to search, with its ``bin``; None to search PATH.
    """
    path = host.environ.get("PATH", "").split(":")
    directories = [directory, directory / "bin"] if directory else [Path(entry) for entry in path if entry]
    program = next(_programs(target, directories), None)
    if program is None:
        return CompilerSearch(None, f"there is no {target.triple}-gcc {f'in {directory}' if directory else 'on PATH'}")
    return _examine(host, target, program)


def _programs(target: LinuxTarget, directories: Iterable[Path]) -> Iterator[Path]:
    for name in (f"{prefix}-{name}" for prefix in target.tool_prefixes() for name in _COMPILERS):
        yield from (directory / name for directory in directories if (directory / name).is_file())
    pattern = _vendor_pattern(target)
    entries = [entry for directory in directories if directory.is_dir() for entry in sorted(directory.iterdir())]
    for compiler in _COMPILERS:
        yield from (entry for entry in entries if (match := pattern.fullmatch(entry.name)) and match[1] == compiler)


def _vendor_pattern(target: LinuxTarget) -> re.Pattern[str]:
    """Return a pattern for the names that toolchain vendors give compilers, with any vendor."""
    architecture = target.architecture
    cpus = "|".join({architecture.triple_cpu, architecture.gnu_cpu, architecture.machine})
    abi = f"-{target.libc.abi}{architecture.eabi}"
    # Buildroot and others omit a plain -gnu.
    return re.compile(rf"(?:{cpus})-(?:\w+-)?linux{abi if abi != '-gnu' else '(?:-gnu)?'}-(gcc|clang)")


def _examine(host: Host, target: LinuxTarget, program: Path) -> CompilerSearch:
    """Query the versions of a compiler and of its C library's headers, in one run of the preprocessor."""
    try:
        result = host.run(program, "-E", "-dM", "-include", "features.h", "-x", "c", "/dev/null", cwd=Path("/"))
    except EnvironmentMissingError as error:
        return CompilerSearch(None, error.what)
    if not result.ok:
        first = next((line for line in result.stderr.splitlines() if "error" in line), result.stderr.strip()[-200:])
        return CompilerSearch(None, f"{program} does not find its C library's headers: {first}")
    macros = dict(_MACROS.findall(result.stdout))
    libc = _libc_version(macros, target)
    if libc is None:
        return CompilerSearch(None, f"{program} is for another C library than {target.libc.name}")
    number = _NUMBER.search(macros.get("__VERSION__", ""))
    version = number[0] if number else "0"
    cc = next(name for name in _COMPILERS if program.name.endswith(f"-{name}"))
    family = "clang" if "__clang__" in macros else "gcc"
    if family == "gcc" and int(version.partition(".")[0]) < _OLDEST_GCC:
        return CompilerSearch(None, f"{program} is gcc {version}; gcc {_OLDEST_GCC} or newer is required")
    prefix = str(program).removesuffix(cc)
    return CompilerSearch(InstalledCompiler(prefix, str(program), f"{prefix}{_COMPILERS[cc]}", family, version, libc))


def _libc_version(macros: dict[str, str], target: LinuxTarget) -> tuple[int, int] | None:
    """Return the version of the C library, None if it is not the target's.

    musl defines no version. Its macro __REDIR was added in 1.2, with 64-bit time on 32-bit processors.
    """
    if target.libc.name == "glibc":
        return (int(macros["__GLIBC__"]), int(macros["__GLIBC_MINOR__"])) if "__GLIBC_MINOR__" in macros else None
    if "__GLIBC__" in macros:
        return None
    return (1, 2) if "__REDIR" in macros else (1, 1)


@dataclass(frozen=True, slots=True)
class CompilerFacts:
    """The answers of a compiler to queries.

    :param include_dirs: header directories for C, in order; empty if the compiler's default list is correct.
        ``cxx_include_dirs`` for C++.
    :param search_dirs: the output of ``-print-search-dirs``, without the build machine's libraries.
    :param libgcc: the output of ``-print-libgcc-file-name``.
    :param archives: those of the libraries ``gcc``, ``gcc_eh`` and ``atomic`` that it has as archives.
    :param cxx_problem: why it cannot build C++ modules; empty if it can.
    """

    include_dirs: tuple[str, ...]
    cxx_include_dirs: tuple[str, ...]
    search_dirs: str
    libgcc: str
    archives: tuple[str, ...]
    cxx_problem: str = ""


def query_compiler(host: Host, installed: InstalledCompiler, flags: tuple[str, ...]) -> CompilerFacts:
    """Query a compiler for its directories and libraries.

    :param flags: those that select the target's processor and ABI.
    :raises EnvironmentMissingError: if it fails.
    """

    def query(program: str, *args: str) -> str:
        result = host.run(program, *flags, *args, cwd=Path("/"), env={**host.environ, "LC_ALL": "C"})
        if not result.ok:
            raise EnvironmentMissingError(f"{program} does not work: {result.stderr.strip()[-300:]}")
        return result.stdout + result.stderr

    def has(library: str) -> bool:
        # A compiler prints the bare name of a file that it does not find.
        return "/" in query(installed.cc, f"-print-file-name=lib{library}.a")

    facts = CompilerFacts(
        include_dirs=_target_headers(_search_list(query(installed.cc, "-E", "-v", "-x", "c", "/dev/null"))),
        cxx_include_dirs=(),
        search_dirs=_target_libraries(query(installed.cc, "-print-search-dirs")),
        libgcc=query(installed.cc, "-print-libgcc-file-name").strip(),
        archives=tuple(library for library in ("gcc", "gcc_eh", "atomic") if has(library)),
    )
    if not Path(installed.cxx).is_file():
        return replace(facts, cxx_problem=f"there is no {Path(installed.cxx).name}")
    if not has("stdc++"):
        return replace(facts, cxx_problem=f"{installed.cxx} has no libstdc++.a")
    directories = _search_list(query(installed.cxx, "-E", "-v", "-x", "c++", "/dev/null"))
    return replace(facts, cxx_include_dirs=_target_headers(directories))


def _search_list(output: str) -> tuple[str, ...]:
    block = output.rpartition("#include <...> search starts here:")[2].partition("End of search list.")[0]
    return tuple(line.strip() for line in block.splitlines() if line.strip())


def _target_headers(directories: tuple[str, ...]) -> tuple[str, ...]:
    """Return the directories without the build machine's, empty if none has to be removed.

    A compiler for the build machine itself has its C library's headers there.
    """
    kept = tuple(path for path in directories if str(Path(path).resolve()) not in _BUILD_MACHINE_HEADERS)
    libc = next((path for path in directories if Path(path, "features.h").is_file()), None)
    return kept if libc in kept and kept != directories else ()


def _target_libraries(output: str) -> str:
    """Remove library directories that do not exist or belong to the build machine from ``-print-search-dirs``."""

    def filtered(match: re.Match[str]) -> str:
        paths = [path for path in match[1].split(":") if Path(path).is_dir()]
        kept = [path for path in paths if str(Path(path).resolve()) not in _BUILD_MACHINE_LIBRARIES]
        return "libraries: =" + ":".join(dict.fromkeys(kept))

    return re.sub(r"libraries: =(.*)", filtered, output)
