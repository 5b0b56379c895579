"""Where a Mach-O file has its symbols looked up: what dyld obeys, be it the older opcodes or chained fixups.

The formats are those of <mach-o/loader.h> and <mach-o/fixup-chains.h>. Symbols stand in a file's symbol table too,
with a library each; dyld does not read that.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SELF, MAIN, FLAT, WEAK = 0, -1, -2, -3
"""Ordinals that are those of no library (BIND_SPECIAL_DYLIB_*)."""
_OPCODE, _IMMEDIATE = 0xF0, 0x0F
_BINDING = {0x90, 0xA0, 0xB0, 0xC0}
_THREADED = 0xD0
_NUMBERS = {0x20: 1, 0x60: 1, 0x70: 1, 0x80: 1, 0xA0: 1, 0xC0: 2, _THREADED: 1}
"""How many numbers in LEB128 follow an opcode: an ordinal, offsets, counts."""
# What the numbers in a chained import's entry take, by the format of the entries.
_ENTRIES = {1: ("<I", 8, 9, 23), 2: ("<Ii", 8, 9, 23), 3: ("<QQ", 16, 32, 32)}


class DamagedError(Exception):
    """It is not what the headers say."""


def read_uleb128(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned number in LEB128, and where it ends; a signed one ends at the same place."""
    result = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        result |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return result, at
    raise DamagedError


def bound_symbols(program: bytes) -> Iterator[tuple[str, int]]:
    """The symbols that a program of opcodes binds, each with its ordinal."""
    at, ordinal, symbol = 0, SELF, ""
    while at < len(program):
        opcode, immediate = program[at] & _OPCODE, program[at] & _IMMEDIATE
        at += 1
        if opcode == 0x10:
            ordinal = immediate
        elif opcode == 0x30:
            ordinal = immediate - 16 if immediate else SELF
        elif opcode == 0x40:
            end = program.find(b"\0", at)
            if end < 0:
                raise DamagedError
            symbol, at = program[at:end].decode("utf-8", "replace"), end + 1
        elif opcode in _BINDING:
            yield symbol, ordinal
        for _ in range(_NUMBERS.get(opcode, 0) if opcode != _THREADED or not immediate else 0):
            value, at = read_uleb128(program, at)
            ordinal = value if opcode == 0x20 else ordinal


def chained_symbols(fixups: bytes) -> Iterator[tuple[str, int]]:
    """The symbols in the imports of chained fixups, each with its ordinal."""
    _, _, imports, strings, count, kind, packed = struct.unpack_from("<7I", fixups)
    if kind not in _ENTRIES or packed:
        raise DamagedError
    form, bits, shift, width = _ENTRIES[kind]
    entry = struct.Struct(form)
    if imports + count * entry.size > len(fixups) or strings > len(fixups):
        raise DamagedError
    for at in range(count):
        (value, *_) = entry.unpack_from(fixups, imports + at * entry.size)
        ordinal = value & (1 << bits) - 1
        ordinal -= (1 << bits) if ordinal > (1 << bits) - 16 else 0
        start = strings + (value >> shift & (1 << width) - 1)
        end = fixups.find(b"\0", start)
        if end < 0:
            raise DamagedError
        yield fixups[start:end].decode("utf-8", "replace"), ordinal


def ordinal_library(ordinal: int, libraries: list[str]) -> str:
    """What an ordinal means: a library by its name, or ``self``, ``main``, ``flat``, ``weak``."""
    names: Mapping[int, str] = {SELF: "self", MAIN: "main", FLAT: "flat", WEAK: "weak"}
    if ordinal in names:
        return names[ordinal]
    if not 0 < ordinal <= len(libraries):
        raise DamagedError
    return libraries[ordinal - 1]


_SUPER, _DIRECTORY = 0xFADE0CC0, 0xFADE0C02
_MOST_BLOBS = 64
_HASHES = {1: ("sha1", 20), 2: ("sha256", 32), 3: ("sha256", 20), 4: ("sha384", 48)}
_ADHOC = 0x2


@dataclass(frozen=True, slots=True)
class Signature:
    """What a signature says.

    :param pages: how many pages of the file it has hashes of; ``wrong`` are the numbers of those whose hash differs.
    :param covered: bytes of the file that are signed.
    :param adhoc: whether it is one without a certificate.
    :param damaged: what is wrong with the signature itself, empty if nothing is.
    """

    pages: int = 0
    wrong: tuple[int, ...] = ()
    covered: int = 0
    adhoc: bool = False
    damaged: str = ""


def read_signature(data: bytes, blob: bytes) -> Signature:
    """Read a signature, and compare the file with it.

    :param data: the whole file; ``blob`` the part of it that is the signature.
    """
    try:
        return _read(data, blob)
    except struct.error:
        return Signature(damaged="truncated")


def _read(data: bytes, blob: bytes) -> Signature:
    magic, _, count = struct.unpack_from(">3I", blob)
    if magic != _SUPER or count > _MOST_BLOBS:
        return Signature(damaged="not an embedded signature")
    for at in range(count):
        _, offset = struct.unpack_from(">2I", blob, 12 + at * 8)
        if struct.unpack_from(">I", blob, offset)[0] == _DIRECTORY:
            return _directory(data, blob[offset:])
    return Signature(damaged="no code directory")


def _directory(data: bytes, directory: bytes) -> Signature:
    flags, hashes, _, _, slots, covered, size, kind, _, shift = struct.unpack_from(">6I4B", directory, 12)
    name, length = _HASHES.get(kind, ("", 0))
    if size != length or not name or not 0 < shift < 32:
        return Signature(damaged="unknown hash type")
    page = 1 << shift
    if covered > len(data) or slots != -(-covered // page) or hashes + slots * length > len(directory):
        return Signature(damaged="does not match this file")
    wrong = tuple(
        number
        for number in range(slots)
        if hashlib.new(name, data[number * page : min((number + 1) * page, covered)]).digest()[:length]
        != directory[hashes + number * length : hashes + (number + 1) * length]
    )
    return Signature(slots, wrong, covered, adhoc=bool(flags & _ADHOC))
