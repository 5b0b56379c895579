"""Universal files: one Mach-O file after another, each for an architecture (<mach-o/fat.h>)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from crosswheel.object_files.macho import MachO, read_macho

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAGIC = b"\xca\xfe\xba\xbe"
# A file of Java's begins alike; there the number that follows is a version, 45 at least.
_MOST = 20
_ENTRY = struct.Struct(">5I")
_ALIGNMENTS = {0x0100000C: 14}
"""Powers of two: pages of arm64 are larger than others'."""


@dataclass(frozen=True, slots=True)
class Universal:
    """The files in one, in order."""

    slices: tuple[MachO, ...]

    format: Literal["Mach-O"] = "Mach-O"

    @property
    def exported_names(self) -> frozenset[str]:
        """What all of them give to others."""
        return frozenset.intersection(*(part.exported_names for part in self.slices))

    @property
    def needed(self) -> tuple[str, ...]:
        """The libraries that any of them wants."""
        return tuple(dict.fromkeys(library for part in self.slices for library in part.needed))


def is_universal(data: bytes) -> bool:
    """Whether these bytes begin a universal file."""
    return data[:4] == _MAGIC and 0 < int.from_bytes(data[4:8], "big") < _MOST


def split_universal(data: bytes) -> Mapping[int, bytes] | None:
    """The files in a universal one, by the number of their architecture; None if it is too damaged to be read."""
    if not is_universal(data):
        return None
    found = {}
    for at in range(int.from_bytes(data[4:8], "big")):
        entry = data[8 + at * _ENTRY.size :][: _ENTRY.size]
        if len(entry) < _ENTRY.size:
            return None
        architecture, _, offset, size, _ = _ENTRY.unpack(entry)
        if offset + size > len(data):
            return None
        found[architecture] = data[offset : offset + size]
    return found


def join_universal(parts: tuple[bytes, ...]) -> bytes:
    """A universal file of Mach-O files, each at the beginning of a page of its processor.

    Their signatures stay right, since they are counted from where each file begins.
    """
    entries, body, begin = b"", b"", _ENTRY.size * len(parts) + 8
    for part in parts:
        architecture, variant = struct.unpack_from("<2I", part, 4)
        shift = _ALIGNMENTS.get(architecture, 12)
        body += b"\0" * (-(begin + len(body)) % (1 << shift))
        entries += _ENTRY.pack(architecture, variant, begin + len(body), len(part), shift)
        body += part
    return _MAGIC + len(parts).to_bytes(4, "big") + entries + body


def read_universal(data: bytes) -> Universal | None:
    """Read a universal file; None for anything else and for one too damaged to be read."""
    slices = [read_macho(part) for part in (split_universal(data) or {}).values()]
    whole = tuple(part for part in slices if part is not None)
    return Universal(whole) if whole and len(whole) == len(slices) else None
