"""Parsing of ELF files."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from elftools.elf.elffile import ELFFile

MAGIC = b"\x7fELF"
WRONG_NUMBERS = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)
"""Exceptions besides ELFError that pyelftools raises for damaged files."""
# Size of an entry in a version needs table, for a library (Verneed) and for a version (Vernaux); see the gABI.
_VERNEED_SIZE = 16


@dataclass(frozen=True, slots=True)
class VersionNeed:
    """A symbol version required from a library: ``libc.so.6``, ``GLIBC_2.17``."""

    library: str
    version: str


@dataclass(frozen=True, slots=True)
class Symbol:
    """A dynamic symbol; ``version`` is None if it has none."""

    name: str
    weak: bool = False
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Elf:
    """The properties of an ELF file.

    :param kind: ``ET_DYN``, ``ET_REL``, ``ET_EXEC``.
    :param run_paths: entries of DT_RPATH and DT_RUNPATH.
    :param undefined: undefined dynamic symbols; ``exported`` are the exported ones.
    :param defined: names of functions in the static symbol table, if it was not stripped.
    :param hard_float: whether ARM build attributes declare the hard-float ABI; None for other machines.
    """

    machine: str
    bits: Literal[32, 64]
    endian: Literal["little", "big"]
    flags: int
    kind: str
    soname: str | None
    needed: tuple[str, ...]
    run_paths: tuple[str, ...]
    versions: tuple[VersionNeed, ...]
    undefined: tuple[Symbol, ...]
    exported: tuple[Symbol, ...]
    defined: frozenset[str]
    hard_float: bool | None
    executable_stack: bool
    text_relocations: bool

    format: Literal["ELF"] = "ELF"

    @property
    def exported_names(self) -> frozenset[str]:
        """See :attr:`crosswheel.object_files.binary.Binary.exported_names`."""
        return frozenset(symbol.name for symbol in self.exported)


_PRINTABLE = re.compile(rb"[\x20-\x7e]*")
_CONTEXT = 1024
"""Bytes of a string to show before and after a match."""


def is_elf(data: bytes) -> bool:
    """Whether data is an ELF file, by its magic number."""
    return data[:4] == MAGIC


def read_elf(data: bytes) -> Elf | None:
    """Parse an ELF file; return None if it is not one, or too damaged to parse."""
    if not is_elf(data):
        return None
    from elftools.common.exceptions import ELFError  # here, since importing it takes a tenth of a second
    from elftools.elf.elffile import ELFFile

    try:
        return _read(ELFFile(io.BytesIO(data)))
    except (ELFError, *WRONG_NUMBERS):
        return None


def strings_containing(data: bytes, prefixes: Iterable[str]) -> tuple[str, ...]:
    """Return printable strings in a file that contain one of these paths, deduplicated; long ones are shortened.

    Runs in linear time, even if the whole file is a single string, as data on one line may be.
    """
    found: dict[str, None] = {}
    for prefix in map(str.encode, prefixes):
        end = 0
        while (index := data.find(prefix, end)) >= 0:
            before = _PRINTABLE.match(data[max(end, index - _CONTEXT) : index][::-1])
            after = _PRINTABLE.match(data, index, index + len(prefix) + _CONTEXT)
            start, end = index - (before.end() if before else 0), max(after.end() if after else index, index + 1)
            found[data[start:end].decode("ascii", "replace")] = None
    return tuple(found)


def _read(elf: ELFFile) -> Elf:
    dynamic: Any = elf.get_section_by_name(".dynamic")
    tags = list(dynamic.iter_tags()) if dynamic else []
    needs = _version_needs(elf)
    symbol_versions = _symbol_versions(elf, needs)
    symbols: Any = elf.get_section_by_name(".dynsym")
    undefined, exported = [], []
    for index, symbol in enumerate(symbols.iter_symbols() if symbols else ()):
        binding, visibility = symbol.entry.st_info.bind, symbol.entry.st_other.visibility
        if not symbol.name or binding == "STB_LOCAL":
            continue
        entry = Symbol(symbol.name, binding == "STB_WEAK", symbol_versions.get(index))
        if symbol.entry.st_shndx == "SHN_UNDEF":
            undefined.append(entry)
        elif visibility in {"STV_DEFAULT", "STV_PROTECTED"} and symbol.entry.st_shndx != "SHN_ABS":
            exported.append(entry)
    return Elf(
        machine=str(elf.header.e_machine),  # a number if pyelftools does not know it
        bits=32 if elf.elfclass == 32 else 64,
        endian="little" if elf.little_endian else "big",
        flags=elf.header.e_flags,
        kind=str(elf.header.e_type),
        soname=next((tag.soname for tag in tags if tag.entry.d_tag == "DT_SONAME"), None),
        needed=tuple(tag.needed for tag in tags if tag.entry.d_tag == "DT_NEEDED"),
        run_paths=tuple(_run_paths(tags)),
        versions=tuple(need for need, _ in needs),
        undefined=tuple(undefined),
        exported=tuple(exported),
        defined=_static_functions(elf),
        hard_float=_hard_float(elf),
        executable_stack=any(s.header.p_type == "PT_GNU_STACK" and s.header.p_flags & 1 for s in elf.iter_segments()),
        text_relocations=any(tag.entry.d_tag == "DT_TEXTREL" for tag in tags),
    )


def _run_paths(tags: list[object]) -> list[str]:
    found = []
    for tag in tags:
        for field in ("rpath", "runpath"):
            if hasattr(tag, field):
                found += [path for path in getattr(tag, field).split(":") if path]
    return found


def _version_needs(elf: ELFFile) -> list[tuple[VersionNeed, int]]:
    """Return the versions a file requires, each with its index in the symbol version table."""
    section: Any = elf.get_section_by_name(".gnu.version_r")
    if section is None:
        return []
    needs = (
        (VersionNeed(need.name, aux.name), aux.entry.vna_other)
        for need, group in section.iter_versions()
        for aux in group
    )
    # Each entry has the offset of the next; in a damaged file it may point to itself.
    limit = min(section.data_size, elf.stream_len) // _VERNEED_SIZE
    found = list(islice(needs, limit + 1))
    if len(found) > limit:
        raise ValueError("more version needs than fit into the section")
    return found


def _symbol_versions(elf: ELFFile, needs: list[tuple[VersionNeed, int]]) -> dict[int, str]:
    table: Any = elf.get_section_by_name(".gnu.version")
    if not needs or table is None:
        return {}
    by_index = {index: need.version for need, index in needs}
    numbers = ((index, table.get_symbol(index).entry.ndx) for index in range(table.num_symbols()))
    return {index: by_index[ndx] for index, ndx in numbers if isinstance(ndx, int) and ndx in by_index}


def _static_functions(elf: ELFFile) -> frozenset[str]:
    table: Any = elf.get_section_by_name(".symtab")
    if table is None:
        return frozenset()
    return frozenset(
        symbol.name
        for symbol in table.iter_symbols()
        if symbol.entry.st_info.type == "STT_FUNC" and symbol.entry.st_shndx != "SHN_UNDEF"
    )


def _hard_float(elf: ELFFile) -> bool | None:
    if elf.header.e_machine != "EM_ARM":
        return None
    section: Any = elf.get_section_by_name(".ARM.attributes")
    if section is None:
        return None
    # The file's attributes are the first subsubsection of the first subsection. Beyond those, pyelftools reads from
    # wrong offsets, and loops forever on some files.
    groups = islice(section.iter_subsections(), 1)
    parts = (part for group in groups for part in islice(group.iter_subsubsections(), 1))
    return any(a.tag == "TAG_ABI_VFP_ARGS" and a.value == 1 for part in parts for a in part.iter_attributes())
