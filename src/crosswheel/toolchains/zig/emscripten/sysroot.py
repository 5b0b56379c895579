"""The sysroot: Emscripten's own headers, brought together as clang looks for them."""

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
"""The suite of Debian whose package is taken. Its headers fit older runtimes too: what a runtime lacks is refused
when a module is linked."""
# What is copied where, under the directory `system` of an Emscripten; later ones win.
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
    """The directory ``system`` of an Emscripten: the installed one that ``EMSDK`` names, else Debian's.

    :raises SourceError: when it cannot be fetched.
    :raises EnvironmentMissingError: when there is none where it should be.
    """
    if emsdk := host.environ.get("EMSDK"):
        place = Path(emsdk) / "upstream" / "emscripten" / "system"
    else:
        root = make_root(host, _SUITE, "amd64", ("emscripten",), closed=False)
        place = root / "usr" / "share" / "emscripten" / "system"
    if not (place / "lib" / "libcxx" / "include").is_dir():
        raise EnvironmentMissingError("there is no Emscripten", where=place, hint="unset EMSDK to have it fetched")
    return place


def version_of(system: Path) -> str:
    """The version of the Emscripten a directory ``system`` belongs to."""
    return (system.parent / "emscripten-version.txt").read_text("utf-8").strip().strip('"')


def fill_sysroot(system: Path, version: str, libcxx: int | None, include: Path) -> None:
    """Bring the headers together.

    :param version: of the ABI's Emscripten, which programs ask for with ``__EMSCRIPTEN_major__``.
    :param libcxx: major version of the runtime's C++ library. Newer headers bring what it lacks themselves.
    """
    for tree, place in _TREES:
        shutil.copytree(system / tree, include / place, dirs_exist_ok=True)
    if libcxx is not None:
        _limit(include / "c++" / "v1" / "__configuration" / "availability.h", libcxx)
    lines = [
        f"#define __EMSCRIPTEN_{name}__ {number}"
        for part, number in zip(("major", "minor", "tiny"), version.split("."), strict=True)
        for name in (part, part.upper())  # the spelling changed with Emscripten 4
    ]
    path = include / "emscripten" / "version.h"
    path.write_text("#pragma once\n" + "\n".join(lines) + "\n", "utf-8")


def _limit(availability: Path, libcxx: int) -> None:
    """Tell libc++'s headers how old the library is that modules will meet; older headers have no such place."""
    if not availability.is_file():
        return

    def answer(found: re.Match[str]) -> str:
        return f"{found[1]}{int(int(found[2]) <= libcxx)}"

    text = availability.read_text("utf-8")
    availability.write_text(_INTRODUCED.sub(answer, text), "utf-8")
