"""The top-level modules of a wheel, by which Pyodide finds the package that an import wants."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crosswheel.object_files import is_module, read_binary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_INSTALLED = re.compile(r"[^/]+\.data/(?:platlib|purelib)/")
_EXTENSION = re.compile(r"\.(?:cpython-[^/]+|abi3)\.so$")


def top_level_modules(files: Iterable[str], read: Callable[[str], bytes]) -> tuple[str, ...]:
    """The names, sorted.

    :param files: the paths in the wheel.
    :param read: gives the bytes of one, asked for what only its contents can tell.
    """
    found: set[str] = set()
    for file in files:
        place = _INSTALLED.sub("", file, count=1)
        top, slash, _ = place.partition("/")
        name = top if slash else top.partition(".")[0]
        inside = place.split("/")[1:-1]
        if name in found or not name.isidentifier() or not all(part.isidentifier() for part in inside):
            continue
        if place.endswith((".py", ".pyc")) or _EXTENSION.search(place) or _is_module(place, read, file):
            found.add(name)
    return tuple(sorted(found))


def _is_module(place: str, read: Callable[[str], bytes], file: str) -> bool:
    """Whether a file with the plainest suffix is a module, rather than a library."""
    if not place.endswith(".so"):
        return False
    binary = read_binary(read(file))
    return binary is not None and is_module(binary)
