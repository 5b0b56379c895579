"""What a Mach-O file says of itself (<mach-o/loader.h>, <mach-o/nlist.h>, <mach/machine.h>)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from crosswheel.object_files.macho_linkedit import (
    DamagedError,
    Signature,
    bound_symbols,
    chained_symbols,
    ordinal_library,
    read_signature,
    read_uleb128,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MAGIC_64 = b"\xcf\xfa\xed\xfe"
_HEADER = struct.Struct("<8I")
_COMMAND = struct.Struct("<2I")
_NLIST = struct.Struct("<IBBHQ")
_TYPE_FIELD = 4  # n_type comes after the name
_ARCHITECTURES = {0x0100000C: "ARM64", 0x01000007: "X86_64"}
_KINDS = {1: "MH_OBJECT", 2: "MH_EXECUTE", 6: "MH_DYLIB", 8: "MH_BUNDLE"}
# Load commands; those a loader must understand have the high bit.
_SYMTAB, _ID_DYLIB, _DYLD_INFO, _DYLD_INFO_ONLY = 0x2, 0xD, 0x22, 0x80000022
_SIGNATURE, _EXPORTS_TRIE, _MIN_MACOS, _BUILD_VERSION, _RPATH = 0x1D, 0x80000033, 0x24, 0x32, 0x8000001C
_LOADED = {0xC, 0x80000018, 0x8000001F, 0x20, 0x80000023}  # ordinary, weak, re-exported, lazy, upward
_MACOS, _OBJECT = 1, 1
_CHAINED_FIXUPS = 0x80000034
# Library ordinals in a symbol table that are none (<mach-o/nlist.h>), and what they are among bindings.
_ORDINALS = {0xFE: -2, 0xFF: -1}
_STAB, _PRIVATE, _TYPE, _EXTERNAL, _UNDEFINED = 0xE0, 0x10, 0x0E, 0x01, 0x0
_WEAK_REFERENCE, _TWO_LEVELS = 0x40, 0x80
_MOST_NODES = 1 << 20


@dataclass(frozen=True, slots=True)
class MachOImport:
    """A symbol taken from elsewhere, as C names it.

    :param library: the library it is looked up in; ``flat`` for wherever it is found, ``weak`` for the same after the
        file itself, ``main`` for the program.
    :param weak: whether it may be missing.
    """

    name: str
    library: str
    weak: bool = False

    @property
    def flat(self) -> bool:
        """Whether it is looked up in everything that is loaded."""
        return self.library == "flat"


@dataclass(frozen=True, slots=True)
class MachO:
    """The facts about one file for one architecture.

    :param architecture: ``ARM64``, ``X86_64``, or a number in hexadecimal.
    :param kind: ``MH_BUNDLE``, ``MH_DYLIB``, ``MH_OBJECT``, ``MH_EXECUTE``.
    :param platform: the number of the system in its build version: 1 is macOS; None if it says nothing.
    :param minimum: the oldest version of that system.
    :param defined: symbols that are defined in it, whoever sees them.
    :param signature: None if it has none.
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
    signature: Signature | None

    format: Literal["Mach-O"] = "Mach-O"

    @property
    def for_macos(self) -> bool:
        """Whether it is for macOS rather than for another of Apple's systems."""
        return self.platform in {None, _MACOS}


def is_macho(data: bytes) -> bool:
    """Whether these bytes begin a Mach-O file for one architecture of 64 bits and little endian."""
    return data[:4] == _MAGIC_64


def read_macho(data: bytes) -> MachO | None:
    """Read a file; None for anything else and for one too damaged to be read."""
    if not is_macho(data):
        return None
    try:
        return _read(data)
    except (DamagedError, struct.error, UnicodeDecodeError):
        return None


def external_symbols(data: bytes) -> tuple[int, ...]:
    """Where in a file the types (``n_type``) of the symbols are that it defines for others; none in a damaged one."""
    try:
        *_, count, size, _, _ = _HEADER.unpack_from(data)
        tables = (struct.unpack_from("<2I", body, 8) for kind, body in _commands(data, count, size) if kind == _SYMTAB)
        types = [start + at * _NLIST.size + _TYPE_FIELD for start, symbols in tables for at in range(symbols)]
        return tuple(at for at in types if _is_defined_for_others(data[at]))
    except (DamagedError, struct.error, IndexError):
        return ()


def _is_defined_for_others(kind: int) -> bool:
    return not kind & (_STAB | _PRIVATE) and bool(kind & _EXTERNAL) and kind & _TYPE != _UNDEFINED


def _read(data: bytes) -> MachO:
    _, cputype, _, kind, count, size, flags, _ = _HEADER.unpack_from(data)
    found = _Gathered(data)
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
    at, end = _HEADER.size, _HEADER.size + size
    if end > len(data):
        raise DamagedError
    for _ in range(count):
        command, length = _COMMAND.unpack_from(data, at)
        if length < _COMMAND.size or at + length > end:
            raise DamagedError
        yield command, data[at : at + length]
        at += length


class _Gathered:
    """What the load commands have told so far."""

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
        if command in _LOADED:
            self.needed.append(_string(body))
        elif command == _ID_DYLIB:
            self.install_name = _string(body)
        elif command == _RPATH:
            self.run_paths.append(_string(body))
        elif command == _BUILD_VERSION:
            self.platform, minimum = struct.unpack_from("<2I", body, 8)
            self.minimum = _version(minimum)
        elif command == _MIN_MACOS:
            self.platform, self.minimum = _MACOS, _version(struct.unpack_from("<I", body, 8)[0])
        else:
            self._take_data(command, body)

    def _take_data(self, command: int, body: bytes) -> None:
        """A command that says where in the file something is."""
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
            for at in (2, 6):
                self.bound |= dict(bound_symbols(self._part(*numbers[at : at + 2])))
        elif command == _CHAINED_FIXUPS:
            self.bound |= dict(chained_symbols(self._part(*struct.unpack_from("<2I", body, 8))))
        elif command == _SIGNATURE:
            self.signature = self._part(*struct.unpack_from("<2I", body, 8))

    def _part(self, start: int, size: int) -> bytes:
        if start + size > len(self.data):
            raise DamagedError
        return self.data[start : start + size]

    def symbols(self, *, two_levels: bool, kind: int) -> tuple[tuple[MachOImport, ...], frozenset[str], frozenset[str]]:
        """What is taken from elsewhere, what others see, what is defined."""
        imports, external, defined = [], set(), set()
        start, count, strings = self.table or (0, 0, b"")
        for at in range(count):
            offset, what, _, description, _ = _NLIST.unpack_from(self.data, start + at * _NLIST.size)
            if what & _STAB:
                continue
            full = strings[offset : max(offset, strings.find(b"\0", offset))].decode("utf-8", "replace")
            name = full.removeprefix("_")
            if what & _TYPE != _UNDEFINED:
                defined.add(name)
                if what & _EXTERNAL and not what & _PRIVATE:
                    external.add(name)
            elif what & _EXTERNAL and name:
                # An object file's symbols are looked up by the linker, wherever it finds them.
                ordinal = description >> 8 if two_levels and kind != _OBJECT else 0xFE
                ordinal = self.bound.get(full, _ORDINALS.get(ordinal, ordinal))
                imports.append(
                    MachOImport(name, ordinal_library(ordinal, self.needed), bool(description & _WEAK_REFERENCE))
                )
        return tuple(imports), frozenset(external), frozenset(defined)


def _string(body: bytes) -> str:
    """The string of a load command, at the offset that its first field says."""
    (offset,) = struct.unpack_from("<I", body, 8)
    return body[offset:].partition(b"\0")[0].decode("utf-8")


def _version(packed: int) -> tuple[int, int]:
    return packed >> 16, packed >> 8 & 0xFF


def _trie_names(trie: bytes) -> Iterator[str]:
    """The names in a trie of exports: nodes with the lengths of what they say and their children."""
    waiting = [(0, b"")] if trie else []
    seen: set[int] = set()
    while waiting:
        at, name = waiting.pop()
        if at in seen or len(seen) > _MOST_NODES:
            raise DamagedError
        seen.add(at)
        size, at = read_uleb128(trie, at)
        if size:
            yield name.decode("utf-8", "replace").removeprefix("_")
        at += size
        if at >= len(trie):
            raise DamagedError
        children, at = trie[at], at + 1
        for _ in range(children):
            end = trie.find(b"\0", at)
            if end < 0:
                raise DamagedError
            child, after = read_uleb128(trie, end + 1)
            waiting.append((child, name + trie[at:end]))
            at = after


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
