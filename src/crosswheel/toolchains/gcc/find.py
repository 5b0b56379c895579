"""Find an installed cross compiler and query its C library's version, its headers and its libraries."""

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
"""The first that can map the build's directories out of what it writes (``-ffile-prefix-map``)."""


@dataclass(frozen=True, slots=True)
class InstalledCompiler:
    """A cross compiler.

    :param prefix: what its tools' names begin with, path and all: ``/usr/bin/riscv64-linux-gnu-``.
    :param family: ``gcc`` or ``clang``.
    :param libc: the version of the C library whose headers it has.
    """

    prefix: str
    cc: str
    cxx: str
    family: str
    version: str
    libc: tuple[int, int]

    def tool(self, *names: str) -> str | None:
        """The path of the first of its tools that is there, None if there is none of these names."""
        places = (Path(f"{self.prefix}{name}") for name in names)
        return next((str(place) for place in places if place.is_file()), None)


@dataclass(frozen=True, slots=True)
class CompilerSearch:
    """What was found for a platform: a compiler, or the reason why there is none."""

    installed: InstalledCompiler | None
    problem: str = ""


def find_compiler(host: Host, target: LinuxTarget, place: Path | None) -> CompilerSearch:
    """The compiler for a target, from ``place`` or its ``bin``, else from PATH; the version does not matter.

    Names in use everywhere come first: ``riscv64-linux-gnu-gcc``, then those with a vendor in them, such as
    ``riscv64-unknown-linux-gnu-gcc``. gcc comes before clang.
    """
    path = host.environ.get("PATH", "").split(":")
    directories = [place, place / "bin"] if place else [Path(entry) for entry in path if entry]
    found = next(_programs(target, directories), None)
    if found is None:
        return CompilerSearch(None, f"there is no {target.triple}-gcc {f'in {place}' if place else 'on PATH'}")
    return _examined(host, target, found)


def _programs(target: LinuxTarget, directories: Iterable[Path]) -> Iterator[Path]:
    exact = [f"{prefix}-{name}" for prefix in target.tool_prefixes() for name in _COMPILERS]
    for name in exact:
        yield from (place / name for place in directories if (place / name).is_file())
    pattern = _with_vendor(target)
    listed = [entry for place in directories if place.is_dir() for entry in sorted(place.iterdir())]
    for compiler in _COMPILERS:
        yield from (entry for entry in listed if (match := pattern.fullmatch(entry.name)) and match[1] == compiler)


def _with_vendor(target: LinuxTarget) -> re.Pattern[str]:
    """Names of compilers as makers of toolchains form them, with anything as the vendor."""
    architecture = target.architecture
    cpus = "|".join({architecture.triple_cpu, architecture.gnu_cpu, architecture.machine})
    abi = f"-{target.libc.abi}{architecture.eabi}"
    # Buildroot and others leave a plain -gnu out.
    return re.compile(rf"(?:{cpus})-(?:\w+-)?linux{abi if abi != '-gnu' else '(?:-gnu)?'}-(gcc|clang)")


def _examined(host: Host, target: LinuxTarget, program: Path) -> CompilerSearch:
    """What a compiler says of itself and of its C library's headers, in one run of the preprocessor."""
    try:
        ended = host.run(program, "-E", "-dM", "-include", "features.h", "-x", "c", "/dev/null", cwd=Path("/"))
    except EnvironmentMissingError as error:
        return CompilerSearch(None, error.what)
    if not ended.ok:
        first = next((line for line in ended.stderr.splitlines() if "error" in line), ended.stderr.strip()[-200:])
        return CompilerSearch(None, f"{program} does not find its C library's headers: {first}")
    macros = dict(_MACROS.findall(ended.stdout))
    libc = _libc(macros, target)
    if libc is None:
        return CompilerSearch(None, f"{program} is for another C library than {target.libc.name}")
    number = _NUMBER.search(macros.get("__VERSION__", ""))
    version = number[0] if number else "0"
    cc = next(name for name in _COMPILERS if program.name.endswith(f"-{name}"))
    family = "clang" if "__clang__" in macros else "gcc"
    if family == "gcc" and int(version.partition(".")[0]) < _OLDEST_GCC:
        return CompilerSearch(None, f"{program} is gcc {version}; the oldest that serves is gcc {_OLDEST_GCC}")
    prefix = str(program).removesuffix(cc)
    return CompilerSearch(InstalledCompiler(prefix, str(program), f"{prefix}{_COMPILERS[cc]}", family, version, libc))


def _libc(macros: dict[str, str], target: LinuxTarget) -> tuple[int, int] | None:
    """The version of the C library, None if it is not the target's.

    musl does not tell its version. The macro __REDIR came with 1.2 and its 64-bit time on 32-bit processors.
    """
    if target.libc.name == "glibc":
        return (int(macros["__GLIBC__"]), int(macros["__GLIBC_MINOR__"])) if "__GLIBC_MINOR__" in macros else None
    if "__GLIBC__" in macros:
        return None
    return (1, 2) if "__REDIR" in macros else (1, 1)


# Where the build machine keeps headers of its own. Distributions' cross compilers look there too.
_BUILD_MACHINE = ("/usr/include", "/usr/local/include")
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")


@dataclass(frozen=True, slots=True)
class CompilerFacts:
    """What a compiler says of itself.

    :param includes: directories of headers for C, in order, if not all of its own are to be used; ``cxx_includes``
        for C++.
    :param search_dirs: its answer to ``-print-search-dirs``, without the build machine's libraries.
    :param libgcc: its answer to ``-print-libgcc-file-name``.
    :param static: libraries that it has as archives, of those that links may need: ``gcc_eh``, ``atomic``.
    :param no_cxx: why it cannot make C++ modules; empty if it can.
    """

    includes: tuple[str, ...]
    cxx_includes: tuple[str, ...]
    search_dirs: str
    libgcc: str
    static: tuple[str, ...]
    no_cxx: str = ""


def query_compiler(host: Host, installed: InstalledCompiler, flags: tuple[str, ...]) -> CompilerFacts:
    """Ask a compiler.

    :param flags: those that choose the target's processor and ABI.
    :raises EnvironmentMissingError: when it does not answer.
    """

    def ask(program: str, *words: str) -> str:
        ended = host.run(program, *flags, *words, cwd=Path("/"), env={**host.environ, "LC_ALL": "C"})
        if not ended.ok:
            raise EnvironmentMissingError(f"{program} does not work: {ended.stderr.strip()[-300:]}")
        return ended.stdout + ended.stderr

    def has(library: str) -> bool:
        # A compiler that does not find a file answers with the name alone.
        return "/" in ask(installed.cc, f"-print-file-name=lib{library}.a")

    found = CompilerFacts(
        includes=_own(_search_list(ask(installed.cc, "-E", "-v", "-x", "c", "/dev/null"))),
        cxx_includes=(),
        search_dirs=_own_libraries(ask(installed.cc, "-print-search-dirs")),
        libgcc=ask(installed.cc, "-print-libgcc-file-name").strip(),
        static=tuple(library for library in ("gcc", "gcc_eh", "atomic") if has(library)),
    )
    if not Path(installed.cxx).is_file():
        return replace(found, no_cxx=f"there is no {Path(installed.cxx).name}")
    if not has("stdc++"):
        return replace(found, no_cxx=f"{installed.cxx} has no libstdc++.a")
    listed = _search_list(ask(installed.cxx, "-E", "-v", "-x", "c++", "/dev/null"))
    return replace(found, cxx_includes=_own(listed))


def _search_list(said: str) -> tuple[str, ...]:
    block = said.rpartition("#include <...> search starts here:")[2].partition("End of search list.")[0]
    return tuple(line.strip() for line in block.splitlines() if line.strip())


def _own(directories: tuple[str, ...]) -> tuple[str, ...]:
    """The directories without the build machine's; nothing if they can stay as they are.

    A compiler for the build machine itself has its C library's headers there.
    """
    own = tuple(path for path in directories if str(Path(path).resolve()) not in _BUILD_MACHINE)
    libc = next((path for path in directories if Path(path, "features.h").is_file()), None)
    return own if libc in own and own != directories else ()


def _own_libraries(said: str) -> str:
    """The answer with the directories of libraries that exist and are not the build machine's."""

    def own(match: re.Match[str]) -> str:
        paths = [path for path in match[1].split(":") if Path(path).is_dir()]
        kept = [path for path in paths if str(Path(path).resolve()) not in _LIBRARIES]
        return "libraries: =" + ":".join(dict.fromkeys(kept))

    return re.sub(r"libraries: =(.*)", own, said)
