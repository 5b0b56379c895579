"""Parsing of PE files (Microsoft's PE format): DLLs, programs and object files."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from crosswheel.object_files.elf import WRONG_NUMBERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pefile import PE

_MACHINES = {0x8664: "AMD64", 0xAA64: "ARM64", 0x14C: "I386"}
_COFF_HEADER = struct.Struct("<2H3I2H")
_SECTION_SIZE, _SYMBOL_SIZE = 40, 18
_MAX_SECTIONS = 1 << 15
_DLL = 0x2000
_EXECUTABLE, _WRITABLE = 0x20000000, 0x80000000
# DllCharacteristics
_DYNAMIC_BASE, _NX = 0x40, 0x100
_CODEVIEW, _REPRODUCIBLE = 2, 16
_DIRECTORIES = (0, 1, 6, 13)  # exports, imports, debug information, delayed imports
_MAX_EXPORTS = 1 << 17


@dataclass(frozen=True, slots=True)
class PeImport:
    """A symbol imported from a DLL; if imported by ordinal, the name is ``#12``."""

    name: str
    library: str


@dataclass(frozen=True, slots=True)
class Pe:
    """The properties of a PE file.

    :param machine: IMAGE_FILE_MACHINE value; :attr:`architecture` is its name.
    :param kind: ``DLL``, ``EXE``, ``OBJECT``.
    :param needed: the DLLs it imports, including delay-loaded ones.
    :param time_stamp: seconds since 1970; a hash if ``reproducible``.
    :param debug_file: path of the debug information (PDB) file; empty if there is none.
    :param relocatable: whether it can be loaded at any address.
    :param data_execution: whether its data may be executed.
    :param writable_code: names of sections that are both writable and executable.
    :param subsystem_version: the oldest Windows that loads it, by its header: 6.0 for Vista, 10.0 for Windows 10.
    """

    machine: int
    kind: Literal["DLL", "EXE", "OBJECT"]
    needed: tuple[str, ...] = ()
    imports: tuple[PeImport, ...] = ()
    exported_names: frozenset[str] = frozenset()
    time_stamp: int = 0
    reproducible: bool = False
    debug_file: str = ""
    relocatable: bool = True
    data_execution: bool = False
    writable_code: tuple[str, ...] = ()
    subsystem_version: tuple[int, int] = (6, 0)

    format: Literal["PE"] = "PE"

    @property
    def architecture(self) -> str:
        """``AMD64``, ``ARM64``, ``I386``, or a hexadecimal number."""
        return _MACHINES.get(self.machine, f"{self.machine:#x}")


def is_pe(data: bytes) -> bool:
    """Whether data is a DLL or program, by its magic numbers."""
    if data[:2] != b"MZ" or len(data) < 64:
        return False
    offset = int.from_bytes(data[60:64], "little")
    return data[offset : offset + 4] == b"PE\0\0"


def read_pe(data: bytes) -> Pe | None:
    """Parse a DLL or program; return None if it is not one, or too damaged to parse."""
    if not is_pe(data):
        return None
    from pefile import PE, PEFormatError  # here, since importing takes a tenth of a second

    try:
        pe = PE(data=data, fast_load=True, max_symbol_exports=_MAX_EXPORTS)
        pe.parse_data_directories(list(_DIRECTORIES))
        return None if _is_truncated(pe, len(data)) else _read(pe)
    except (PEFormatError, struct.error, *WRONG_NUMBERS):
        return None


def is_coff(data: bytes) -> bool:
    """Whether data is an object file: it has no magic number, but its sections and symbols must be in the file."""
    if len(data) < _COFF_HEADER.size:
        return False
    machine, sections, _, symbols, count, optional, _ = map(int, _COFF_HEADER.unpack_from(data))
    if machine not in _MACHINES or optional or not 0 < sections < _MAX_SECTIONS:
        return False
    inside = _COFF_HEADER.size + sections * _SECTION_SIZE <= len(data)
    return inside and symbols + count * _SYMBOL_SIZE <= len(data)


def read_coff(data: bytes) -> Pe | None:
    """Parse an object file's machine; return None if it is not an object file."""
    return Pe(int.from_bytes(data[:2], "little"), "OBJECT") if is_coff(data) else None


def _is_truncated(pe: PE, size: int) -> bool:
    """Whether the file ends before its headers or sections do."""
    found: Any = pe
    ends = [section.PointerToRawData + section.SizeOfRawData for section in found.sections]
    return size < max(map(int, (found.OPTIONAL_HEADER.SizeOfHeaders, *ends)))


def _read(pe: PE) -> Pe:
    found: Any = pe
    flags = found.OPTIONAL_HEADER.DllCharacteristics
    debug = list(getattr(found, "DIRECTORY_ENTRY_DEBUG", ()))
    libraries = [
        library
        for kind in ("DIRECTORY_ENTRY_IMPORT", "DIRECTORY_ENTRY_DELAY_IMPORT")
        for library in getattr(found, kind, ())
    ]
    names = [entry.name for entry in getattr(getattr(found, "DIRECTORY_ENTRY_EXPORT", None), "symbols", ())]
    return Pe(
        machine=found.FILE_HEADER.Machine,
        kind="DLL" if found.FILE_HEADER.Characteristics & _DLL else "EXE",
        needed=tuple(dict.fromkeys(_text(library.dll) for library in libraries)),
        imports=tuple(_imports(libraries)),
        exported_names=frozenset(_text(name) for name in names if name),
        time_stamp=found.FILE_HEADER.TimeDateStamp,
        reproducible=any(entry.struct.Type == _REPRODUCIBLE for entry in debug),
        debug_file=next((name for entry in debug if (name := _debug_file(entry))), ""),
        relocatable=bool(flags & _DYNAMIC_BASE),
        data_execution=not flags & _NX,
        writable_code=tuple(
            _text(section.Name.rstrip(b"\0"))
            for section in found.sections
            if section.Characteristics & _EXECUTABLE and section.Characteristics & _WRITABLE
        ),
        subsystem_version=(
            found.OPTIONAL_HEADER.MajorSubsystemVersion,
            found.OPTIONAL_HEADER.MinorSubsystemVersion,
        ),
    )


def _imports(libraries: list[Any]) -> Iterator[PeImport]:
    for library in libraries:
        for item in library.imports:
            yield PeImport(_text(item.name) if item.name else f"#{item.ordinal}", _text(library.dll))


def _debug_file(entry: Any) -> str:
    """Return the PDB path of a CodeView entry."""
    name = getattr(entry.entry, "PdbFileName", None) if entry.struct.Type == _CODEVIEW else None
    return _text(name.rstrip(b"\0")) if name else ""


def _text(name: bytes | None) -> str:
    return (name or b"").decode("utf-8", "replace")
