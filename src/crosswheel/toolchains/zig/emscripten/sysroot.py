"""The sysroot for Pyodide targets: Emscripten's headers, merged into the directories that clang searches."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.downloads.debian import make_root
from crosswheel.errors import EnvironmentMissingError

if TYPE_CHECKING:
    from crosswheel.host import Host

_SUITE = "forky"
"""Debian suite of the emscripten package. Its headers work for older runtimes: functions that a runtime lacks are
detected when a module is linked."""
# Source directories below Emscripten's `system`, and where they are copied; later ones overwrite earlier ones.
_TREES = (
    ("lib/libc/musl/include", "."),
    ("lib/libc/musl/arch/generic/bits", "bits"),
    ("lib/libc/musl/arch/emscripten/bits", "bits"),
    ("include", "."),
    ("lib/libunwind/include", "."),
    ("lib/compiler-rt/include", "."),
    ("lib/libcxx/include", "c++/v1"),
    ("lib/libcxxabi/include", "c++/v1"),
)


_INTRODUCED = re.compile(r"(#\s*define _LIBCPP_INTRODUCED_IN_LLVM_(\d+) )1\b")


def find_system(host: Host) -> Path:
    """Return the directory ``system`` of an Emscripten: the one that ``EMSDK`` names, else Debian's.

    :raises SourceError: if Debian's cannot be fetched.
    :raises EnvironmentMissingError: if the directory does not exist.
    """
    if emsdk := host.environ.get("EMSDK"):
        system = Path(emsdk) / "upstream" / "emscripten" / "system"
    else:
        root = make_root(host, _SUITE, "amd64", ("emscripten",), dependencies=False)
        system = root / "usr" / "share" / "emscripten" / "system"
    if not (system / "lib" / "libcxx" / "include").is_dir():
        raise EnvironmentMissingError("Emscripten not found", where=system, hint="unset EMSDK to fetch it from Debian")
    return system


def emscripten_version(system: Path) -> str:
    """Return the version of the Emscripten that a directory ``system`` belongs to."""
    return (system.parent / "emscripten-version.txt").read_text("utf-8").strip().strip('"')


def fill_sysroot(system: Path, version: str, libcxx: int | None, include: Path) -> None:
    """Copy Emscripten's headers into a sysroot.

    :param system: Emscripten's directory ``system``.
    :param version: Emscripten version of the target's ABI, for the macros ``__EMSCRIPTEN_major__`` and so on.
    :param libcxx: major version of the runtime's libc++; newer headers then define inline what that lacks.
    :param include: the sysroot's header directory.
    """
    for tree, directory in _TREES:
        shutil.copytree(system / tree, include / directory, dirs_exist_ok=True)
    if libcxx is not None:
        _limit_availability(include / "c++" / "v1" / "__configuration" / "availability.h", libcxx)
    lines = [
        f"#define __EMSCRIPTEN_{name}__ {number}"
        for part, number in zip(("major", "minor", "tiny"), version.split("."), strict=True)
        for name in (part, part.upper())  # the spelling changed with Emscripten 4
    ]
    path = include / "emscripten" / "version.h"
    path.write_text("#pragma once\n" + "\n".join(lines) + "\n", "utf-8")


def _limit_availability(availability: Path, libcxx: int) -> None:
    """Configure libc++'s headers for the libc++ version of the runtime, if they have this configuration file."""
    if not availability.is_file():
        return

    def replacement(match: re.Match[str]) -> str:
        return f"{match[1]}{int(int(match[2]) <= libcxx)}"

    text = availability.read_text("utf-8")
    availability.write_text(_INTRODUCED.sub(replacement, text), "utf-8")
