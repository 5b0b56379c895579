"""Finding an installed cross compiler, and how old a C library its programs need."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.targets import LinuxTarget, architectures, libcs

if TYPE_CHECKING:
    from crosswheel.host import Host

_MACROS = re.compile(r"#define (__GLIBC__|__GLIBC_MINOR__|__clang__|__VERSION__) (.+)")
# Oldest first does not matter: a target's names are tried before a compiler's.
_COMPILERS = (("gcc", "g++"), ("clang", "clang++"))
_MUSL = (1, 2)


@dataclass(frozen=True, slots=True)
class Installed:
    """A cross compiler.

    :param prefix: what its tools' names begin with, path and all: ``/usr/bin/riscv64-linux-gnu-``.
    :param libc: the version of the C library that it links against, None for musl, which has one ABI only.
    """

    prefix: str
    cc: str
    cxx: str
    family: str
    version: str
    libc: tuple[int, int]

    def tool(self, name: str) -> str | None:
        """The path of another of its tools, None if there is none of that name."""
        found = Path(f"{self.prefix}{name}")
        return str(found) if found.is_file() else None


def find_installed(host: Host, architecture: str, platform: str, place: Path | None) -> Installed | None:
    """The compiler for an architecture and a C library, from ``place`` or its ``bin``, else from PATH."""
    if architecture not in architectures() or platform not in libcs():
        return None
    target = LinuxTarget(architectures()[architecture], libcs()[platform], (0, 0))
    for prefix in target.tool_prefixes():
        for cc, cxx in _COMPILERS:
            if path := _program(host, f"{prefix}-{cc}", place):
                return _examined(host, path, cc, cxx)
    return None


def _program(host: Host, name: str, place: Path | None) -> str | None:
    if place is None:
        found = host.program(name)
        return str(found) if found else None
    places = (place / name, place / "bin" / name)
    return next((str(path) for path in places if path.is_file()), None)


def _examined(host: Host, path: str, cc: str, cxx: str) -> Installed | None:
    """What the compiler says of itself and of the C library's headers."""
    source = "/dev/null"
    ended = host.run(path, "-E", "-dM", "-include", "features.h", "-x", "c", source, cwd=Path("/"))
    if not ended.ok:
        return None
    macros = dict(_MACROS.findall(ended.stdout))
    glibc = (macros.get("__GLIBC__"), macros.get("__GLIBC_MINOR__"))
    libc = (int(glibc[0]), int(glibc[1])) if glibc[0] and glibc[1] else _MUSL
    family = "clang" if "__clang__" in macros else "gcc"
    prefix = path.removesuffix(cc)
    return Installed(prefix, path, f"{prefix}{cxx}", family, macros["__VERSION__"].strip('"').split()[0], libc)
