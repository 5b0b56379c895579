"""Symbols and headers of object files in the forms in which ``nm`` and ``readelf`` print them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from elftools.elf.elffile import ELFFile

if TYPE_CHECKING:
    from collections.abc import Iterator

# Flags of sections (System V ABI).
_WRITE, _ALLOCATED, _EXECUTABLE = 1, 2, 4


@dataclass(frozen=True, slots=True)
class ListedSymbol:
    """A symbol as ``nm`` shows it.

    :param letter: nm's letter for its kind: ``T`` code, ``D`` data, ``B`` zeroed data, ``R`` constants, ``U``
        undefined, ``W`` and ``V`` weak; a small one for symbols local to the file, and for undefined weak ones.
    """

    name: str
    letter: str
    value: int
    size: int

    @property
    def undefined(self) -> bool:
        """Whether the file takes it from elsewhere."""
        return self.letter in "Uwv"

    @property
    def external(self) -> bool:
        """Whether other files can see it."""
        return self.letter.isupper() or self.letter in "uwvi"


def list_symbols(data: bytes, *, dynamic: bool = False) -> tuple[list[ListedSymbol], int]:
    """The symbols of an ELF file, in its order, and the hexadecimal digits of its addresses.

    :param dynamic: the symbols the dynamic linker sees, not those of the linker.
    :raises ELFError: for anything else, and what is damaged.
    """
    elf = ELFFile(io.BytesIO(data))
    table: Any = elf.get_section_by_name(".dynsym" if dynamic else ".symtab")
    symbols = [_listed(elf, symbol) for symbol in (table.iter_symbols() if table else ())]
    return [symbol for symbol in symbols if symbol], elf.elfclass // 4


def _listed(elf: ELFFile, symbol: Any) -> ListedSymbol | None:
    entry = symbol.entry
    if not symbol.name or entry.st_info.type in {"STT_SECTION", "STT_FILE"}:
        return None
    # Marks of code and data and the assembler's own labels, which nm leaves out too.
    if entry.st_info.bind == "STB_LOCAL" and symbol.name.startswith(("$", ".L")):
        return None
    return ListedSymbol(symbol.name, _letter(elf, entry), entry.st_value, entry.st_size)


def _letter(elf: ELFFile, entry: Any) -> str:
    kind, binding, place = entry.st_info.type, entry.st_info.bind, entry.st_shndx
    weak = "v" if kind == "STT_OBJECT" else "w"
    if place == "SHN_UNDEF":
        return weak if binding == "STB_WEAK" else "U"
    if kind == "STT_LOOS":
        return "i"
    if binding == "STB_WEAK":
        return weak.upper()
    if binding == "STB_LOOS":
        return "u"
    letter = {"SHN_ABS": "A", "SHN_COMMON": "C"}.get(place) or _section_letter(elf, place)
    return letter.lower() if binding == "STB_LOCAL" else letter


def _section_letter(elf: ELFFile, place: object) -> str:
    if not isinstance(place, int) or place >= elf.num_sections():
        return "?"
    header: Any = elf.get_section(place).header
    if header.sh_flags & _EXECUTABLE:
        return "T"
    if header.sh_type == "SHT_NOBITS":
        return "B"
    if not header.sh_flags & _ALLOCATED:
        return "N"
    return "D" if header.sh_flags & _WRITE else "R"


def header_lines(data: bytes) -> Iterator[str]:
    """What ``readelf -h`` is asked for: class, byte order, type, machine, entry, flags."""
    elf = ELFFile(io.BytesIO(data))
    order = "little" if elf.little_endian else "big"
    rows = {
        "Class": f"ELF{elf.elfclass}",
        "Data": f"2's complement, {order} endian",
        "Type": elf.header.e_type.removeprefix("ET_"),
        "Machine": elf.get_machine_arch(),
        "Entry point address": f"0x{elf.header.e_entry:x}",
        "Flags": f"0x{elf.header.e_flags:x}",
    }
    yield "ELF Header:"
    for name, value in rows.items():
        yield f"  {name + ':':<34} {value}"


def dynamic_lines(data: bytes) -> Iterator[str]:
    """What ``readelf -d`` is asked for: the dynamic section, names written out."""
    elf = ELFFile(io.BytesIO(data))
    section: Any = elf.get_section_by_name(".dynamic")
    if section is None:
        yield "There is no dynamic section in this file."
        return
    said = {
        "needed": "Shared library:",
        "soname": "Library soname:",
        "rpath": "Library rpath:",
        "runpath": "Library runpath:",
    }
    yield f"Dynamic section at offset 0x{section.header.sh_offset:x} contains {section.num_tags()} entries:"
    yield "  Tag        Type                         Name/Value"
    for tag in section.iter_tags():
        names = [f"{text} [{getattr(tag, field)}]" for field, text in said.items() if hasattr(tag, field)]
        kind = f"({tag.entry.d_tag.removeprefix('DT_')})"
        yield f" 0x{_tag_number(tag):016x} {kind:<28} {names[0] if names else f'0x{tag.entry.d_val:x}'}"


def _tag_number(tag: Any) -> int:
    from elftools.elf.enums import ENUM_D_TAG

    known = ENUM_D_TAG.get(tag.entry.d_tag, tag.entry.d_tag)
    return known if isinstance(known, int) else 0


def symbol_lines(data: bytes, *, dynamic_only: bool = False) -> Iterator[str]:
    """What ``readelf -s`` is asked for: both symbol tables, or the dynamic one only."""
    elf = ELFFile(io.BytesIO(data))
    digits = elf.elfclass // 4
    for name in (".dynsym",) if dynamic_only else (".dynsym", ".symtab"):
        table: Any = elf.get_section_by_name(name)
        if table is None:
            continue
        yield ""
        yield f"Symbol table '{name}' contains {table.num_symbols()} entries:"
        yield f"   Num: {'Value':>{digits}}  Size Type    Bind   Vis      Ndx Name"
        for at, symbol in enumerate(table.iter_symbols()):
            entry = symbol.entry
            place = {"SHN_UNDEF": "UND", "SHN_ABS": "ABS", "SHN_COMMON": "COM"}.get(entry.st_shndx, entry.st_shndx)
            kind, binding = entry.st_info.type.removeprefix("STT_"), entry.st_info.bind.removeprefix("STB_")
            seen = entry.st_other.visibility.removeprefix("STV_")
            yield (
                f"{at:6}: {entry.st_value:0{digits}x} {entry.st_size:5} {kind:<7} {binding:<6} {seen:<8} {place:>3}"
                f" {symbol.name}"
            )
