"""Data in a Mach-O file's __LINKEDIT segment: symbol bindings as dyld reads them, and the code signature.

Bindings are opcodes or chained fixups (<mach-o/loader.h>, <mach-o/fixup-chains.h>). The symbol table has a library for
each symbol, too, but dyld does not read it. The code signature holds hashes of the file's pages, which the kernel
verifies on loading; its format is that of Apple's <kern/cs_blobs.h>, with big-endian numbers.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SELF, MAIN, FLAT, WEAK = 0, -1, -2, -3
"""Ordinals without a library (BIND_SPECIAL_DYLIB_*)."""
_OPCODE, _IMMEDIATE = 0xF0, 0x0F
_BINDING = {0x90, 0xA0, 0xB0, 0xC0}
_THREADED = 0xD0
_NUMBERS = {0x20: 1, 0x60: 1, 0x70: 1, 0x80: 1, 0xA0: 1, 0xC0: 2, _THREADED: 1}
"""Number of LEB128 operands by opcode: an ordinal, offsets, counts."""
# Struct format and bit widths of chained import entries, by import format.
_ENTRIES = {1: ("<I", 8, 9, 23), 2: ("<Ii", 8, 9, 23), 3: ("<QQ", 16, 32, 32)}


class DamagedError(Exception):
    """The file is malformed."""


def read_uleb128(data: bytes, offset: int) -> tuple[int, int]:
    """Return an unsigned LEB128 number and its end offset, which is the same for a signed one."""
    result = shift = 0
    while offset < len(data) and shift < 70:
        byte = data[offset]
        result |= (byte & 0x7F) << shift
        offset, shift = offset + 1, shift + 7
        if byte < 0x80:
            return result, offset
    raise DamagedError


def bound_symbols(program: bytes) -> Iterator[tuple[str, int]]:
    """Iterate over the symbols that binding opcodes bind, each with its library ordinal."""
    offset, ordinal, symbol = 0, SELF, ""
    while offset < len(program):
        opcode, immediate = program[offset] & _OPCODE, program[offset] & _IMMEDIATE
        offset += 1
        if opcode == 0x10:
            ordinal = immediate
        elif opcode == 0x30:
            ordinal = immediate - 16 if immediate else SELF
        elif opcode == 0x40:
            end = program.find(b"\0", offset)
            if end < 0:
                raise DamagedError
            symbol, offset = program[offset:end].decode("utf-8", "replace"), end + 1
        elif opcode in _BINDING:
            yield symbol, ordinal
        for _ in range(_NUMBERS.get(opcode, 0) if opcode != _THREADED or not immediate else 0):
            value, offset = read_uleb128(program, offset)
            ordinal = value if opcode == 0x20 else ordinal


def chained_symbols(fixups: bytes) -> Iterator[tuple[str, int]]:
    """Iterate over the imports of chained fixups, each with its library ordinal."""
    _, _, imports, strings, count, kind, packed = struct.unpack_from("<7I", fixups)
    if kind not in _ENTRIES or packed:
        raise DamagedError
    form, bits, shift, width = _ENTRIES[kind]
    entry = struct.Struct(form)
    if imports + count * entry.size > len(fixups) or strings > len(fixups):
        raise DamagedError
    for index in range(count):
        (value, *_) = entry.unpack_from(fixups, imports + index * entry.size)
        ordinal = value & (1 << bits) - 1
        ordinal -= (1 << bits) if ordinal > (1 << bits) - 16 else 0
        start = strings + (value >> shift & (1 << width) - 1)
        end = fixups.find(b"\0", start)
        if end < 0:
            raise DamagedError
        yield fixups[start:end].decode("utf-8", "replace"), ordinal


def ordinal_library(ordinal: int, libraries: list[str]) -> str:
    """Return the library of an ordinal: its name, or ``self``, ``main``, ``flat``, ``weak``."""
    names: Mapping[int, str] = {SELF: "self", MAIN: "main", FLAT: "flat", WEAK: "weak"}
    if ordinal in names:
        return names[ordinal]
    if not 0 < ordinal <= len(libraries):
        raise DamagedError
    return libraries[ordinal - 1]


_SUPER, _DIRECTORY = 0xFADE0CC0, 0xFADE0C02
_MAX_BLOBS = 64
_HASHES = {1: ("sha1", 20), 2: ("sha256", 32), 3: ("sha256", 20), 4: ("sha384", 48)}
_ADHOC = 0x2


@dataclass(frozen=True, slots=True)
class CodeSignature:
    """A code signature, compared with the file.

    :param pages: number of page hashes; ``wrong`` are the indices of pages whose hash differs.
    :param covered: number of signed bytes.
    :param adhoc: whether it was made without a certificate.
    :param damaged: what is wrong with the signature itself; empty if it is well-formed.
    """

    pages: int = 0
    wrong: tuple[int, ...] = ()
    covered: int = 0
    adhoc: bool = False
    damaged: str = ""


def read_signature(data: bytes, blob: bytes) -> CodeSignature:
    """Parse a signature and compare it with the file.

    :param data: the whole file; ``blob`` is the signature.
    """
    try:
        return _read(data, blob)
    except struct.error:
        return CodeSignature(damaged="truncated")


def _read(data: bytes, blob: bytes) -> CodeSignature:
    magic, _, count = struct.unpack_from(">3I", blob)
    if magic != _SUPER or count > _MAX_BLOBS:
        return CodeSignature(damaged="not an embedded signature")
    for index in range(count):
        _, offset = struct.unpack_from(">2I", blob, 12 + index * 8)
        if struct.unpack_from(">I", blob, offset)[0] == _DIRECTORY:
            return _directory(data, blob[offset:])
    return CodeSignature(damaged="no code directory")


def _directory(data: bytes, directory: bytes) -> CodeSignature:
    flags, hashes, _, _, slots, covered, size, kind, _, shift = struct.unpack_from(">6I4B", directory, 12)
    name, length = _HASHES.get(kind, ("", 0))
    if size != length or not name or not 0 < shift < 32:
        return CodeSignature(damaged="unknown hash type")
    page = 1 << shift
    if covered > len(data) or slots != -(-covered // page) or hashes + slots * length > len(directory):
        return CodeSignature(damaged="does not match this file")
    wrong = tuple(
        number
        for number in range(slots)
        if hashlib.new(name, data[number * page : min((number + 1) * page, covered)]).digest()[:length]
        != directory[hashes + number * length : hashes + (number + 1) * length]
    )
    return CodeSignature(slots, wrong, covered, adhoc=bool(flags & _ADHOC))
