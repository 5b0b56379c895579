"""What a PE file says of itself (Microsoft's PE format), be it a DLL, a program or an object file."""

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
_SECTION, _SYMBOL = 40, 18
_MOST_SECTIONS = 1 << 15
_DLL = 0x2000
_EXECUTABLE, _WRITABLE = 0x20000000, 0x80000000
# DllCharacteristics
_DYNAMIC_BASE, _NX = 0x40, 0x100
_CODEVIEW, _REPRODUCIBLE = 2, 16
_DIRECTORIES = (0, 1, 6, 13)  # exports, imports, debug information, imports that are looked up at the first call
_MOST_EXPORTS = 1 << 17


@dataclass(frozen=True, slots=True)
class PeImport:
    """A symbol taken from a DLL; one without a name is called by its number: ``#12``."""

    name: str
    library: str


@dataclass(frozen=True, slots=True)
class Pe:
    """The facts about one file.

    :param machine: IMAGE_FILE_MACHINE; :attr:`architecture` is its name.
    :param kind: ``DLL``, ``EXE``, ``OBJECT``.
    :param needed: the DLLs it is loaded with, and those it loads at the first call.
    :param time_stamp: seconds since 1970, unless ``reproducible``: then it is a hash.
    :param debug_file: where the linker wrote debug information, empty if nowhere.
    :param relocatable: whether it can be loaded anywhere.
    :param data_execution: whether its data may be executed.
    :param writable_code: the sections that can be both written to and executed.
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

    format: Literal["PE"] = "PE"

    @property
    def architecture(self) -> str:
        """``AMD64``, ``ARM64``, ``I386``, or a number in hexadecimal."""
        return _MACHINES.get(self.machine, f"{self.machine:#x}")


def is_pe(data: bytes) -> bool:
    """Whether these bytes begin a DLL or a program."""
    if data[:2] != b"MZ" or len(data) < 64:
        return False
    at = int.from_bytes(data[60:64], "little")
    return data[at : at + 4] == b"PE\0\0"


def read_pe(data: bytes) -> Pe | None:
    """Read a DLL or a program; None for anything else and for one too damaged to be read."""
    if not is_pe(data):
        return None
    from pefile import PE, PEFormatError  # here, since importing it takes a tenth of a second

    try:
        pe = PE(data=data, fast_load=True, max_symbol_exports=_MOST_EXPORTS)
        pe.parse_data_directories(list(_DIRECTORIES))
        return None if _cut_off(pe, len(data)) else _read(pe)
    except (PEFormatError, struct.error, *WRONG_NUMBERS):
        return None


def is_coff(data: bytes) -> bool:
    """Whether these bytes are an object file: it has no magic, but sections and symbols that must be in it."""
    if len(data) < _COFF_HEADER.size:
        return False
    machine, sections, _, symbols, count, optional, _ = map(int, _COFF_HEADER.unpack_from(data))
    if machine not in _MACHINES or optional or not 0 < sections < _MOST_SECTIONS:
        return False
    inside = _COFF_HEADER.size + sections * _SECTION <= len(data)
    return inside and symbols + count * _SYMBOL <= len(data)


def read_coff(data: bytes) -> Pe | None:
    """Read what is asked of an object file; None for anything else."""
    return Pe(int.from_bytes(data[:2], "little"), "OBJECT") if is_coff(data) else None


def _cut_off(pe: PE, size: int) -> bool:
    """Whether the file ends before its headers or its sections do."""
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
    )


def _imports(libraries: list[Any]) -> Iterator[PeImport]:
    for library in libraries:
        for item in library.imports:
            yield PeImport(_text(item.name) if item.name else f"#{item.ordinal}", _text(library.dll))


def _debug_file(entry: Any) -> str:
    """The path in a CodeView entry."""
    name = getattr(entry.entry, "PdbFileName", None) if entry.struct.Type == _CODEVIEW else None
    return _text(name.rstrip(b"\0")) if name else ""


def _text(name: bytes | None) -> str:
    return (name or b"").decode("utf-8", "replace")
