"""Parsing of Mach-O files, for one architecture or universal.

Formats: <mach-o/loader.h>, <mach-o/nlist.h>, <mach-o/fat.h>, <mach/machine.h>.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from crosswheel.object_files.macho_linkedit import (
    CodeSignature,
    DamagedError,
    bound_symbols,
    chained_symbols,
    ordinal_library,
    read_signature,
    read_uleb128,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MAGIC_64 = b"\xcf\xfa\xed\xfe"
_MAGIC_32 = b"\xce\xfa\xed\xfe"
_HEADER = struct.Struct("<8I")
_COMMAND = struct.Struct("<2I")
_NLIST = struct.Struct("<IBBHQ")
_TYPE_OFFSET = 4  # n_type follows the string table index
_ARCHITECTURES = {0x0100000C: "ARM64", 0x01000007: "X86_64"}
_KINDS = {1: "MH_OBJECT", 2: "MH_EXECUTE", 6: "MH_DYLIB", 8: "MH_BUNDLE"}
# Load commands; those that dyld must understand have the high bit set.
_SYMTAB, _ID_DYLIB, _DYLD_INFO, _DYLD_INFO_ONLY = 0x2, 0xD, 0x22, 0x80000022
_MIN_OTHERS = {0x25: 2, 0x2F: 3, 0x30: 4}
"""Commands with the minimum version of another of Apple's systems (iOS, tvOS, watchOS), and the system's number."""
_SIGNATURE, _EXPORTS_TRIE, _MIN_MACOS, _BUILD_VERSION, _RPATH = 0x1D, 0x80000033, 0x24, 0x32, 0x8000001C
_LOAD_DYLIB = {0xC, 0x80000018, 0x8000001F, 0x20, 0x80000023}  # ordinary, weak, re-exported, lazy, upward
_MACOS, _OBJECT = 1, 1
_CHAINED_FIXUPS = 0x80000034
# Special library ordinals in a symbol table (<mach-o/nlist.h>), and their equivalents in bindings.
_ORDINALS = {0xFE: -2, 0xFF: -1}
_STAB, _PRIVATE, _TYPE, _EXTERNAL, _UNDEFINED = 0xE0, 0x10, 0x0E, 0x01, 0x0
_WEAK_REFERENCE, _TWO_LEVELS = 0x40, 0x80
_MAX_TRIE_NODES = 1 << 20


@dataclass(frozen=True, slots=True)
class MachOImport:
    """An undefined symbol, named as in C.

    :param library: the library it is bound to; ``flat`` for flat namespace lookup, ``weak`` for the same after the file
        itself, ``main`` for the program.
    :param weak: whether it may be missing.
    """

    name: str
    library: str
    weak: bool = False

    @property
    def flat(self) -> bool:
        """Whether it is looked up in the flat namespace."""
        return self.library == "flat"


@dataclass(frozen=True, slots=True)
class MachO:
    """The properties of a Mach-O file for one architecture.

    :param architecture: ``ARM64``, ``X86_64``, or a hexadecimal number.
    :param kind: ``MH_BUNDLE``, ``MH_DYLIB``, ``MH_OBJECT``, ``MH_EXECUTE``.
    :param platform: platform number of the build version command, 1 for macOS; None if there is no such command.
    :param minimum: minimum version of that platform.
    :param defined: symbols defined in the file, local ones too.
    :param signature: code signature; None if it has none.
    """

    architecture: str
    kind: str
    platform: int | None
    minimum: tuple[int, int] | None
    install_name: str | None
    needed: tuple[str, ...]
    run_paths: tuple[str, ...]
    imports: tuple[MachOImport, ...]
    exported_names: frozenset[str]
    defined: frozenset[str]
    signature: CodeSignature | None

    format: Literal["Mach-O"] = "Mach-O"

    @property
    def for_macos(self) -> bool:
        """Whether it is for macOS rather than for another of Apple's platforms."""
        return self.platform in {None, _MACOS}


def is_macho(data: bytes) -> bool:
    """Whether data is a little-endian Mach-O file for one architecture; one of 32 bits cannot be parsed."""
    return data[:4] in {_MAGIC_64, _MAGIC_32}


def read_macho(data: bytes) -> MachO | None:
    """Parse a Mach-O file; return None if it is not one, or too damaged to parse."""
    if data[:4] != _MAGIC_64:
        return None
    try:
        return _read(data)
    except (DamagedError, struct.error, UnicodeDecodeError):
        return None


def external_symbols(data: bytes) -> tuple[int, ...]:
    """Return the offsets of the type field (``n_type``) of symbols that a file exports; empty if it is damaged."""
    try:
        *_, count, size, _, _ = _HEADER.unpack_from(data)
        commands = _commands(data, count, size)
        tables = [struct.unpack_from("<2I", body, 8) for kind, body in commands if kind == _SYMTAB]
        if any(start + symbols * _NLIST.size > len(data) for start, symbols in tables):
            return ()
        types = [start + index * _NLIST.size + _TYPE_OFFSET for start, symbols in tables for index in range(symbols)]
        return tuple(offset for offset in types if _is_exported(data[offset]))
    except (DamagedError, struct.error, IndexError):
        return ()


def _is_exported(kind: int) -> bool:
    return not kind & (_STAB | _PRIVATE) and bool(kind & _EXTERNAL) and kind & _TYPE != _UNDEFINED


def _read(data: bytes) -> MachO:
    _, cputype, _, kind, count, size, flags, _ = _HEADER.unpack_from(data)
    found = _LoadCommands(data)
    for command, body in _commands(data, count, size):
        found.take(command, body)
    undefined, external, defined = found.symbols(two_levels=bool(flags & _TWO_LEVELS), kind=kind)
    return MachO(
        architecture=_ARCHITECTURES.get(cputype, f"{cputype:#x}"),
        kind=_KINDS.get(kind, f"{kind:#x}"),
        platform=found.platform,
        minimum=found.minimum,
        install_name=found.install_name,
        needed=tuple(found.needed),
        run_paths=tuple(found.run_paths),
        imports=undefined,
        exported_names=external if found.trie is None else frozenset(_trie_names(found.trie)),
        defined=defined,
        signature=read_signature(data, found.signature) if found.signature is not None else None,
    )


def _commands(data: bytes, count: int, size: int) -> Iterator[tuple[int, bytes]]:
    offset, end = _HEADER.size, _HEADER.size + size
    if end > len(data):
        raise DamagedError
    for _ in range(count):
        command, length = _COMMAND.unpack_from(data, offset)
        if length < _COMMAND.size or offset + length > end:
            raise DamagedError
        yield command, data[offset : offset + length]
        offset += length


class _LoadCommands:
    """The information collected from load commands."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.platform: int | None = None
        self.minimum: tuple[int, int] | None = None
        self.install_name: str | None = None
        self.needed: list[str] = []
        self.run_paths: list[str] = []
        self.trie: bytes | None = None
        self.signature: bytes | None = None
        self.bound: dict[str, int] = {}
        self.table: tuple[int, int, bytes] | None = None

    def take(self, command: int, body: bytes) -> None:
        """Read one load command."""
        if command in _LOAD_DYLIB:
            self.needed.append(_string(body))
        elif command == _ID_DYLIB:
            self.install_name = _string(body)
        elif command == _RPATH:
            self.run_paths.append(_string(body))
        elif command == _BUILD_VERSION:
            self.platform, minimum = struct.unpack_from("<2I", body, 8)
            self.minimum = _version(minimum)
        elif command in _MIN_OTHERS:
            self.platform, self.minimum = _MIN_OTHERS[command], _version(struct.unpack_from("<I", body, 8)[0])
        elif command == _MIN_MACOS:
            self.platform, self.minimum = _MACOS, _version(struct.unpack_from("<I", body, 8)[0])
        else:
            self._take_data(command, body)

    def _take_data(self, command: int, body: bytes) -> None:
        """Read a load command that refers to data elsewhere in the file."""
        if command == _SYMTAB:
            start, count, strings, size = struct.unpack_from("<4I", body, 8)
            self.table = start, count, self._part(strings, size)
            self._part(start, count * _NLIST.size)
        elif command == _EXPORTS_TRIE:
            self.trie = self._part(*struct.unpack_from("<2I", body, 8))
        elif command in {_DYLD_INFO, _DYLD_INFO_ONLY}:
            numbers = struct.unpack_from("<10I", body, 8)
            self.trie = self._part(*numbers[8:10])
            # Ordinary and lazy bindings; the weak ones have no ordinal.
            for index in (2, 6):
                self.bound |= dict(bound_symbols(self._part(*numbers[index : index + 2])))
        elif command == _CHAINED_FIXUPS:
            self.bound |= dict(chained_symbols(self._part(*struct.unpack_from("<2I", body, 8))))
        elif command == _SIGNATURE:
            self.signature = self._part(*struct.unpack_from("<2I", body, 8))

    def _part(self, start: int, size: int) -> bytes:
        if start + size > len(self.data):
            raise DamagedError
        return self.data[start : start + size]

    def symbols(self, *, two_levels: bool, kind: int) -> tuple[tuple[MachOImport, ...], frozenset[str], frozenset[str]]:
        """Return the undefined, the exported and the defined symbols."""
        imports, external, defined = [], set(), set()
        start, count, strings = self.table or (0, 0, b"")
        for index in range(count):
            offset, symbol_type, _, description, _ = _NLIST.unpack_from(self.data, start + index * _NLIST.size)
            if symbol_type & _STAB:
                continue
            full = strings[offset : max(offset, strings.find(b"\0", offset))].decode("utf-8", "replace")
            name = full.removeprefix("_")
            if symbol_type & _TYPE != _UNDEFINED:
                defined.add(name)
                if symbol_type & _EXTERNAL and not symbol_type & _PRIVATE:
                    external.add(name)
            elif symbol_type & _EXTERNAL and name:
                # In an object file, the linker resolves symbols from any library.
                ordinal = description >> 8 if two_levels and kind != _OBJECT else 0xFE
                ordinal = self.bound.get(full, _ORDINALS.get(ordinal, ordinal))
                imports.append(
                    MachOImport(name, ordinal_library(ordinal, self.needed), bool(description & _WEAK_REFERENCE))
                )
        return tuple(imports), frozenset(external), frozenset(defined)


def _string(body: bytes) -> str:
    """Return the string of a load command, at the offset given by its first field."""
    (offset,) = struct.unpack_from("<I", body, 8)
    return body[offset:].partition(b"\0")[0].decode("utf-8")


def _version(packed: int) -> tuple[int, int]:
    return packed >> 16, packed >> 8 & 0xFF


def _trie_names(trie: bytes) -> Iterator[str]:
    """Iterate over the names in an exports trie."""
    queue = [(0, b"")] if trie else []
    seen: set[int] = set()
    while queue:
        offset, name = queue.pop()
        if offset in seen or len(seen) > _MAX_TRIE_NODES:
            raise DamagedError
        seen.add(offset)
        size, offset = read_uleb128(trie, offset)
        if size:
            yield name.decode("utf-8", "replace").removeprefix("_")
        offset += size
        if offset >= len(trie):
            raise DamagedError
        children, offset = trie[offset], offset + 1
        for _ in range(children):
            end = trie.find(b"\0", offset)
            if end < 0:
                raise DamagedError
            child, child_end = read_uleb128(trie, end + 1)
            queue.append((child, name + trie[offset:end]))
            offset = child_end


_UNIVERSAL_MAGIC = b"\xca\xfe\xba\xbe"
# Java class files have the same magic number; there the next field is a version, at least 45.
_MAX_SLICES = 20
_ENTRY = struct.Struct(">5I")
_ALIGNMENTS = {0x0100000C: 14}
"""Alignment by architecture, as a power of two: arm64 has larger pages than others."""


@dataclass(frozen=True, slots=True)
class Universal:
    """A universal file: the Mach-O files for each architecture, in file order."""

    slices: tuple[MachO, ...]

    format: Literal["Mach-O"] = "Mach-O"

    @property
    def exported_names(self) -> frozenset[str]:
        """Symbols that all slices export."""
        return frozenset.intersection(*(part.exported_names for part in self.slices))

    @property
    def needed(self) -> tuple[str, ...]:
        """Libraries that any slice needs."""
        return tuple(dict.fromkeys(library for part in self.slices for library in part.needed))


def is_universal(data: bytes) -> bool:
    """Whether data is a universal file, by its magic number."""
    return data[:4] == _UNIVERSAL_MAGIC and 0 < int.from_bytes(data[4:8], "big") < _MAX_SLICES


def split_universal(data: bytes) -> Mapping[int, bytes] | None:
    """Return the slices of a universal file by CPU type; None if it is too damaged to parse."""
    if not is_universal(data):
        return None
    found = {}
    for index in range(int.from_bytes(data[4:8], "big")):
        entry = data[8 + index * _ENTRY.size :][: _ENTRY.size]
        if len(entry) < _ENTRY.size:
            return None
        architecture, _, offset, size, _ = _ENTRY.unpack(entry)
        if offset + size > len(data):
            return None
        found[architecture] = data[offset : offset + size]
    return found


def join_universal(parts: tuple[bytes, ...]) -> bytes:
    """Return a universal file of Mach-O files, each aligned to a page of its architecture.

    Code signatures remain valid, since their offsets are relative to the slice.
    """
    entries, body, start = b"", b"", _ENTRY.size * len(parts) + 8
    for part in parts:
        architecture, variant = struct.unpack_from("<2I", part, 4)
        shift = _ALIGNMENTS.get(architecture, 12)
        body += b"\0" * (-(start + len(body)) % (1 << shift))
        entries += _ENTRY.pack(architecture, variant, start + len(body), len(part), shift)
        body += part
    return _UNIVERSAL_MAGIC + len(parts).to_bytes(4, "big") + entries + body


def read_universal(data: bytes) -> Universal | None:
    """Parse a universal file; return None if it is not one, or too damaged to parse."""
    slices = [read_macho(part) for part in (split_universal(data) or {}).values()]
    whole = tuple(part for part in slices if part is not None)
    return Universal(whole) if whole and len(whole) == len(slices) else None
