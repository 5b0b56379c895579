"""What a dynamic loader reads of an ELF file: program headers and the dynamic segment, never the section table.

The structures are those of the generic ABI (gABI), and of the Linux Standard Base for GNU's hash table and symbol
versions. Every read is within the file: a number that leads out of it raises ValueError.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

_T = TypeVar("_T")
PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_GNU_STACK = 1, 2, 3, 0x6474E551
DT_NEEDED, DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_SYMENT, DT_SONAME, DT_RPATH = 1, 4, 5, 6, 10, 11, 14, 15
DT_TEXTREL, DT_RUNPATH, DT_FLAGS, DT_GNU_HASH, DT_FLAGS_1 = 22, 29, 30, 0x6FFFFEF5, 0x6FFFFFFB
DT_VERSYM, DT_VERNEED, DT_VERNEEDNUM = 0x6FFFFFF0, 0x6FFFFFFE, 0x6FFFFFFF
DT_PLTRELSZ, DT_RELA, DT_RELASZ, DT_REL, DT_RELSZ, DT_PLTREL, DT_JMPREL = 2, 7, 8, 17, 18, 20, 23
DF_TEXTREL, DF_1_PIE = 4, 0x08000000
_WIDE_HASH = frozenset({22, 0x9026})
"""Machines (EM_S390, EM_ALPHA) whose 64-bit hash tables have words of 64 bits."""
_INDIRECT = {62: 37, 3: 42, 183: 1032, 40: 160, 21: 248, 22: 61, 243: 58, 258: 12}
"""The type of relocations whose value code computes (R_*_IRELATIVE), by machine."""
_VERSION_MASK = 0x7FFF
"""The other bit of a symbol's version index hides it."""


class Segment(NamedTuple):
    """A program header."""

    type: int
    flags: int
    offset: int
    address: int
    file_size: int


class DynamicSymbol(NamedTuple):
    """An entry of the dynamic symbol table.

    :param version: number of its version; 0 and 1 for none.
    """

    name: str
    binding: int
    type: int
    visibility: int
    section: int
    version: int


class NeededVersion(NamedTuple):
    """A version that is needed of a library, and the number that symbols refer to it by."""

    library: str
    version: str
    number: int


@dataclass(frozen=True)
class DynamicElf:
    """The loader's view of an ELF file.

    :raises ValueError: by every attribute, if the file is damaged.
    """

    data: bytes

    @cached_property
    def wide(self) -> bool:
        """Whether it is a 64-bit file."""
        return self._choice(4, {1: False, 2: True})

    @cached_property
    def order(self) -> str:
        """The byte order, as struct spells it."""
        return self._choice(5, {1: "<", 2: ">"})

    @property
    def os_abi(self) -> int:
        """``EI_OSABI``."""
        return self.data[7]

    @cached_property
    def header(self) -> tuple[int, ...]:
        """The header's fields after ``e_ident``: type, machine, version, entry, phoff, shoff, flags, ehsize, …"""
        return self._unpack("HHIQQQIHHHHHH" if self.wide else "HHIIIIIHHHHHH", 16)

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The program headers."""
        offset, size, count = self.header[4], self.header[8], self.header[9]
        return tuple(self._segment(offset + index * size) for index in range(count))

    @cached_property
    def entries(self) -> tuple[tuple[int, int], ...]:
        """Tags and values of the dynamic segment; empty if there is none."""
        segment = next((each for each in self.segments if each.type == PT_DYNAMIC), None)
        if segment is None:
            return ()
        layout = "qQ" if self.wide else "iI"
        size = struct.calcsize(f"={layout}")
        found = []
        for index in range(segment.file_size // size):
            tag, value = self._unpack(layout, segment.offset + index * size)
            if tag == 0:
                break
            found.append((tag, value))
        return tuple(found)

    def strings(self, *tags: int) -> tuple[str, ...]:
        """Return the names that entries with these tags refer to."""
        return tuple(self._string(value) for tag, value in self.entries if tag in tags)

    def value(self, tag: int) -> int:
        """Return the value of a tag, 0 if there is none."""
        return next((value for each, value in self.entries if each == tag), 0)

    def symbols(self) -> Iterator[DynamicSymbol]:
        """Iterate over the dynamic symbols that have names."""
        table = self.value(DT_SYMTAB)
        if not table:
            return
        start, count = self._offset(table), self._symbol_count()
        layout, size = ("IBBHQQ", 24) if self.wide else ("IIIBBH", 16)
        if start + count * size > len(self.data):
            raise ValueError("the symbol table ends after the file")
        versions = self._symbol_versions(count)
        for index in range(count):
            fields = self._unpack(layout, start + index * size)
            name, info, other, section = fields[:4] if self.wide else (fields[0], *fields[3:])
            if text := self._string(name):
                yield DynamicSymbol(text, info >> 4, info & 15, other & 3, section, versions[index])

    def needed_versions(self) -> Iterator[NeededVersion]:
        """Iterate over the versions that are needed of libraries."""
        address, libraries = self.value(DT_VERNEED), self.value(DT_VERNEEDNUM)
        at = self._offset(address) if address else 0
        budget = len(self.data) // 16  # each entry has the offset of the next, which may be its own in a damaged file
        for _ in range(libraries if address else 0):
            budget -= 1  # the number of libraries is the file's own, too
            if budget < 0:
                raise ValueError("more version needs than fit into the file")
            _, count, file, first, following = self._unpack("HHIII", at)
            inner = at + first
            for _ in range(count):
                budget -= 1
                if budget < 0:
                    raise ValueError("more version needs than fit into the file")
                _, _, index, name, further = self._unpack("IHHII", inner)
                yield NeededVersion(self._string(file), self._string(name), index & _VERSION_MASK)
                inner += further
            at += following

    def has_indirect_relocations(self) -> bool:
        """Return whether code computes the values of some relocations: those of functions that are not exported."""
        kind = _INDIRECT.get(self.header[1])
        plt_is_rela = self.value(DT_PLTREL) == DT_RELA
        tables = (
            (self.value(DT_RELA), self.value(DT_RELASZ), True),
            (self.value(DT_REL), self.value(DT_RELSZ), False),
            (self.value(DT_JMPREL), self.value(DT_PLTRELSZ), plt_is_rela),
        )
        return kind is not None and any(
            kind in self._relocation_types(address, size, addend=addend) for address, size, addend in tables if address
        )

    def _relocation_types(self, address: int, size: int, *, addend: bool) -> Iterator[int]:
        start = self._offset(address)
        layout = f"{self.order}{('QQq' if addend else 'QQ') if self.wide else ('IIi' if addend else 'II')}"
        count = min(size, len(self.data) - start) // struct.calcsize(layout)
        mask = 0xFFFFFFFF if self.wide else 0xFF
        entries = struct.iter_unpack(layout, self.data[start : start + count * struct.calcsize(layout)])
        return (info & mask for _, info, *_ in entries)

    def _symbol_versions(self, count: int) -> tuple[int, ...]:
        address = self.value(DT_VERSYM)
        if not address:
            return (0,) * count
        return tuple(number & _VERSION_MASK for number in self._unpack(f"{count}H", self._offset(address)))

    def _symbol_count(self) -> int:
        """Return the number of symbols, which only the hash tables tell."""
        if table := self.value(DT_HASH):
            wide = self.wide and self.header[1] in _WIDE_HASH
            return self._unpack("QQ" if wide else "II", self._offset(table))[1]
        if not (table := self.value(DT_GNU_HASH)):
            return 0
        at = self._offset(table)
        buckets, first, bloom, _ = self._unpack("IIII", at)
        at += 16 + bloom * (8 if self.wide else 4)
        if at + 4 * buckets > len(self.data):
            raise ValueError("the hash table ends after the file")
        words = struct.iter_unpack(f"{self.order}I", self.data[at : at + 4 * buckets])
        last = max((word for (word,) in words), default=0)
        if last < first:
            return first
        at += 4 * buckets + 4 * (last - first)
        while not self._unpack("I", at)[0] & 1:  # the end of the last chain
            last, at = last + 1, at + 4
        return last + 1

    def _offset(self, address: int) -> int:
        """Return the offset in the file of an address."""
        for segment in self.segments:
            if segment.type == PT_LOAD and segment.address <= address < segment.address + segment.file_size:
                return segment.offset + address - segment.address
        raise ValueError(f"the address {address:#x} is in no segment")

    @cached_property
    def _string_table(self) -> tuple[int, int]:
        address = self.value(DT_STRTAB)
        start = self._offset(address) if address else len(self.data)
        return start, min(start + self.value(DT_STRSZ), len(self.data))

    def _string(self, index: int) -> str:
        start, end = self._string_table
        at = start + index
        stop = self.data.find(b"\0", at, end) if at < end else -1
        if stop < 0:
            raise ValueError(f"there is no string {index}")
        return self.data[at:stop].decode("utf-8", "surrogateescape")

    def _segment(self, at: int) -> Segment:
        if self.wide:
            kind, flags, offset, address, _, size = self._unpack("IIQQQQ", at)
        else:
            kind, offset, address, _, size, _, flags = self._unpack("IIIIIII", at)
        return Segment(kind, flags, offset, address, size)

    def _choice(self, index: int, values: dict[int, _T]) -> _T:
        if len(self.data) <= index or self.data[index] not in values:
            raise ValueError("the header is damaged")
        return values[self.data[index]]

    def _unpack(self, layout: str, at: int) -> tuple[int, ...]:
        try:
            return struct.unpack_from(f"{self.order}{layout}", self.data, at)
        except struct.error as error:
            raise ValueError(str(error)) from error
