"""Asking an installed compiler, once, where it looks for things, and proving that it makes files for the target."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError

if TYPE_CHECKING:
    from crosswheel.host import Host
    from crosswheel.toolchains.gcc.find import InstalledCompiler

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
