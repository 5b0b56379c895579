"""Reading static archives: the ``ar`` format of System V and its BSD variant."""

from __future__ import annotations

import struct
from functools import partial
from typing import TYPE_CHECKING

from crosswheel.object_files.macho import external_symbols, is_macho

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MAGIC = b"!<arch>\n"
_HEADER = 60


def is_archive(data: bytes) -> bool:
    """Whether these bytes begin a static archive."""
    return data.startswith(MAGIC)


def archive_members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The files in an archive, with their names, in order; what is damaged ends it."""
    return ((name, data[start:end]) for name, start, end in member_offsets(data))


def member_offsets(data: bytes) -> Iterator[tuple[str, int, int]]:
    """The names of the files in an archive, each with where it begins and where it ends."""
    for field, start, end in _entries(data):
        if field not in _TABLES:
            yield field.removesuffix(b"/").decode("utf-8", "surrogateescape"), start, end


def archive_symbols(data: bytes) -> frozenset[str]:
    """What the members of an archive define for others, as its table of symbols says; empty where there is none."""
    for field, start, end in _entries(data):
        if layout := _LAYOUTS.get(field):
            try:
                return frozenset(layout(data[start:end]))
            except struct.error:
                return frozenset()
    return frozenset()


def _of_system_v(table: bytes, number: str) -> Iterator[str]:
    """A count, as many places of members, as many names."""
    size = struct.calcsize(number)
    (count,) = struct.unpack_from(number, table)
    names = table[size * (count + 1) :].split(b"\0")[:count]
    return (name.decode("utf-8", "replace") for name in names)


def _of_bsd(table: bytes, number: str) -> Iterator[str]:
    """The size of pairs, of which the first is where a name begins; the pairs; the size of the names; the names."""
    size = struct.calcsize(number)
    (pairs,) = struct.unpack_from(number, table)
    names = table[size * 2 + pairs :]
    for at in range(size, size + pairs, 2 * size):
        (begin,) = struct.unpack_from(number, table, at)
        yield names[begin:].partition(b"\0")[0].decode("utf-8", "replace")


_LAYOUTS: Mapping[bytes, Callable[[bytes], Iterator[str]]] = {
    b"/": partial(_of_system_v, number=">I"),
    b"/SYM64/": partial(_of_system_v, number=">Q"),
    b"__.SYMDEF": partial(_of_bsd, number="<I"),
    b"__.SYMDEF SORTED": partial(_of_bsd, number="<I"),
    b"__.SYMDEF_64": partial(_of_bsd, number="<Q"),
}
# Tables of symbols and of long names, which are no files.
_TABLES = frozenset({*_LAYOUTS, b"//"})


def _entries(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Everything in an archive, tables too; long names are those that are meant."""
    long_names = b""
    at = len(MAGIC)
    while at + _HEADER <= len(data):
        field = data[at : at + 16].rstrip()
        digits = data[at + 48 : at + 58].strip()
        if not digits.isdigit() or (field.startswith(b"#1/") and not field[3:].isdigit()):
            return
        start = at + _HEADER
        end = start + int(digits)
        at = end + end % 2
        if field == b"//":
            long_names = data[start:end]
        if field.startswith(b"#1/"):
            behind = start + int(field[3:])
            field, start = data[start:behind].rstrip(b"\0"), behind
        elif field.startswith(b"/") and field[1:].isdigit():
            field = long_names[int(field[1:]) :].partition(b"\n")[0]
        yield field, start, end


_PRIVATE_EXTERNAL = 0x10


def hide_symbols(data: bytes) -> bytes:
    """An archive of which linkers export nothing: what its Mach-O objects define is marked as a private external.

    That is N_PEXT in <mach-o/nlist.h>, as ``-fvisibility=hidden`` and Apple's ``ld -load_hidden`` set it. Linkers of
    other formats are told what not to export; what is no Mach-O object, or is damaged, stays as it is.
    """
    if not is_archive(data):
        return data
    changed = bytearray(data)
    for _, start, end in member_offsets(data):
        content = data[start:end]
        if is_macho(content):
            for at in external_symbols(content):
                struct.pack_into("B", changed, start + at, content[at] | _PRIVATE_EXTERNAL)
    return bytes(changed)
