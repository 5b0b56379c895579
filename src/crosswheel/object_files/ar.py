"""Static archives: the ``ar`` format of System V and its BSD variant."""

from __future__ import annotations

import struct
from functools import partial
from typing import TYPE_CHECKING

from crosswheel.object_files.macho import external_symbols, is_macho

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MAGIC = b"!<arch>\n"
_HEADER_SIZE = 60
_MAX_NAME = 1 << 16
"""Bytes of a name: without a limit, the time for unterminated names is quadratic."""


def is_archive(data: bytes) -> bool:
    """Whether data is a static archive, by its magic number."""
    return data.startswith(MAGIC)


def archive_members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Iterate over the names and contents of an archive's members, up to the first damaged one."""
    return ((name, data[start:end]) for name, start, end in member_offsets(data))


def member_offsets(data: bytes) -> Iterator[tuple[str, int, int]]:
    """Iterate over an archive's members: name, start offset, end offset."""
    for field, start, end in _entries(data):
        if field not in _TABLES:
            yield field.removesuffix(b"/").decode("utf-8", "surrogateescape"), start, end


def archive_symbols(data: bytes) -> frozenset[str]:
    """Return the symbols defined by an archive's members, from its symbol table; empty if it has none."""
    for field, start, end in _entries(data):
        if layout := _LAYOUTS.get(field):
            try:
                return frozenset(layout(data[start:end]))
            except struct.error:
                return frozenset()
    return frozenset()


def _system_v_symbols(table: bytes, number: str) -> Iterator[str]:
    """Read a System V symbol table: a count, that many member offsets, that many names."""
    size = struct.calcsize(number)
    (count,) = struct.unpack_from(number, table)
    names = table[size * (count + 1) :].split(b"\0")[:count]
    return (name.decode("utf-8", "replace") for name in names)


def _bsd_symbols(table: bytes, number: str) -> Iterator[str]:
    """Read a BSD symbol table: size of pairs, pairs of name offset and member offset, size of names, names."""
    size = struct.calcsize(number)
    (pairs,) = struct.unpack_from(number, table)
    names = table[size * 2 + pairs :]
    for index in range(size, size + pairs, 2 * size):
        (begin,) = struct.unpack_from(number, table, index)
        yield names[begin : begin + _MAX_NAME].partition(b"\0")[0].decode("utf-8", "replace")


_LAYOUTS: Mapping[bytes, Callable[[bytes], Iterator[str]]] = {
    b"/": partial(_system_v_symbols, number=">I"),
    b"/SYM64/": partial(_system_v_symbols, number=">Q"),
    b"__.SYMDEF": partial(_bsd_symbols, number="<I"),
    b"__.SYMDEF SORTED": partial(_bsd_symbols, number="<I"),
    b"__.SYMDEF_64": partial(_bsd_symbols, number="<Q"),
}
# Symbol tables and the table of long names, which are not files.
_TABLES = frozenset({*_LAYOUTS, b"//"})


def _entries(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Iterate over all members of an archive, including its tables, with long names resolved."""
    long_names = b""
    offset = len(MAGIC)
    while offset + _HEADER_SIZE <= len(data):
        field = data[offset : offset + 16].rstrip()
        digits = data[offset + 48 : offset + 58].strip()
        if not digits.isdigit() or (field.startswith(b"#1/") and not field[3:].isdigit()):
            return
        start = offset + _HEADER_SIZE
        end = start + int(digits)
        offset = end + end % 2
        if field == b"//":
            long_names = data[start:end]
        if field.startswith(b"#1/") and int(field[3:]) > int(digits):
            return
        if field.startswith(b"#1/"):
            name_end = start + int(field[3:])
            field, start = data[start:name_end].rstrip(b"\0"), name_end
        elif field.startswith(b"/") and field[1:].isdigit():
            begin = int(field[1:])
            field = long_names[begin : begin + _MAX_NAME].partition(b"\n")[0]
        yield field, start, end


_PRIVATE_EXTERNAL = 0x10


def hide_symbols(data: bytes) -> bytes:
    """Return an archive whose symbols linkers do not export, marking those of Mach-O objects as private external.

    That is N_PEXT in <mach-o/nlist.h>, as set by ``-fvisibility=hidden`` and Apple's ``ld -load_hidden``. Linkers for
    other formats have an option for it. Members that are not Mach-O objects, or are damaged, are unchanged.
    """
    if not is_archive(data):
        return data
    changed = bytearray(data)
    for _, start, end in member_offsets(data):
        content = data[start:end]
        if is_macho(content):
            for offset in external_symbols(content):
                struct.pack_into("B", changed, start + offset, content[offset] | _PRIVATE_EXTERNAL)
    return bytes(changed)
