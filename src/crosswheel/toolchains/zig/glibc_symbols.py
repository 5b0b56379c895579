"""Which symbols each version of glibc has, from the list that the package ziglang generates stubs of glibc with.

The format is that of zig 0.17.0's ``lib/libc/glibc/abilists``: the names of libraries, versions and targets, then lists
of functions and objects. Each entry of a list is an inclusion of a name in a library, for some targets and versions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from crosswheel.toolchains.zig.model import installed_zig

if TYPE_CHECKING:
    from collections.abc import Mapping

Version = tuple[int, int]
_LAST = 0x80
"""The bit of a byte that ends a sequence."""


@dataclass
class _Reader:
    data: bytes
    at: int = 0

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def short(self) -> int:
        return self.byte() | self.byte() << 8

    def text(self) -> str:
        end = self.data.index(b"\0", self.at)
        start, self.at = self.at, end + 1
        return self.data[start:end].decode()

    def number(self) -> int:
        """Read an unsigned LEB128 number."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & _LAST:
                return value

    def sequence(self) -> tuple[int, ...]:
        """Read bytes up to the one that is marked as the last."""
        found = []
        while True:
            byte = self.byte()
            found.append(byte & 0x7F)
            if byte & _LAST:
                return tuple(found)


def read_lists(data: bytes) -> Mapping[str, Mapping[str, Version]]:
    """Return the first version of glibc that has each symbol, by target (``riscv64-linux-gnu``)."""
    reader = _Reader(data)
    for _ in range(reader.byte()):
        reader.text()  # libraries
    versions = [(reader.byte(), reader.byte(), reader.byte())[:2] for _ in range(reader.byte())]
    targets = [reader.text() for _ in range(reader.byte())]
    first: dict[str, dict[str, Version]] = {target: {} for target in targets}
    for has_size in (False, True):
        name, is_continued = "", False
        for _ in range(reader.short()):
            name = name if is_continued else reader.text()
            mask = reader.number()
            if has_size:
                reader.number()
            is_continued = not reader.byte() & _LAST
            oldest = min(versions[index] for index in reader.sequence())
            for index, target in enumerate(targets):
                if mask & 1 << index:
                    known = first[target]
                    known[name] = min(known.get(name, oldest), oldest)
    return first


@cache
def glibc_symbols(triple: str) -> Mapping[str, Version]:
    """Return the first version of glibc that has each symbol on a target; empty if zig does not know the target.

    Not in the list are libcrypt, libmvec and libnsl.

    :param triple: as zig spells it: ``x86_64-linux-gnu``, ``arm-linux-gnueabihf``.
    """
    file = installed_zig().library / "libc" / "glibc" / "abilists"
    return read_lists(file.read_bytes()).get(triple, {})
