"""Parsing of ELF files."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from crosswheel.object_files.elf_dynamic import (
    DF_1_PIE,
    DF_TEXTREL,
    DT_FLAGS,
    DT_FLAGS_1,
    DT_NEEDED,
    DT_RPATH,
    DT_RUNPATH,
    DT_SONAME,
    DT_TEXTREL,
    PT_GNU_STACK,
    PT_INTERP,
    PT_LOAD,
    DynamicElf,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from elftools.elf.elffile import ELFFile

MAGIC = b"\x7fELF"
WRONG_NUMBERS = (ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, TypeError, ValueError)
"""Exceptions, besides ELFError, for damaged files."""
_LOCAL, _WEAK, _UNIQUE = 0, 2, 10
_INDIRECT = 10
_LOCAL_INDIRECT = "local functions"
_VISIBLE = frozenset({0, 3})
"""Visibilities of exported symbols: STV_DEFAULT, STV_PROTECTED."""
_ABSOLUTE = 0xFFF1
_ARM = 40
_KINDS = {1: "ET_REL", 2: "ET_EXEC", 3: "ET_DYN", 4: "ET_CORE"}


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
    :param os_abi: ``EI_OSABI``: 0 for System V, 3 for GNU.
    :param is_program: whether it is a program, position-independent or not, which no process loads.
    :param is_truncated: whether a segment to be loaded ends after the file.
    :param indirect: functions that are resolved by code at run time (STT_GNU_IFUNC): the exported ones, or that there
        are local ones; ``unique`` are the symbols of which a process has one (STB_GNU_UNIQUE).
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

    os_abi: int = 0
    is_program: bool = False
    is_truncated: bool = False
    indirect: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()

    format: Literal["ELF"] = "ELF"

    @property
    def exported_names(self) -> frozenset[str]:
        """See :attr:`crosswheel.object_files.binary.Binary.exported_names`."""
        return frozenset(symbol.name for symbol in self.exported)


_PRINTABLE = re.compile(rb"[\x20-\x7e]*")
_NAME_BEFORE = re.compile(rb"[\w.+~-]$")
_OPTION_BEFORE = re.compile(rb"(?:^|[^\w.+~-])-[A-Za-z]{1,12}$")
"""What precedes the end of a longer path: a name, but no option that a path follows, such as ``-I``."""
_CONTEXT = 1024
"""Bytes of a string to show before and after a match."""


def is_elf(data: bytes) -> bool:
    """Whether data is an ELF file, by its magic number."""
    return data[:4] == MAGIC


def read_elf(data: bytes) -> Elf | None:
    """Parse an ELF file; return None if it is not one, or too damaged to parse."""
    if not is_elf(data):
        return None
    try:
        return _read(data)
    except WRONG_NUMBERS:
        return None


def strings_containing(data: bytes, prefixes: Iterable[str], *, whole: bool = False) -> tuple[str, ...]:
    """Return printable strings in a file that contain one of these paths, deduplicated; long ones are shortened.

    :param whole: whether the end of a longer path is none of them: ``project-1/build/source`` does not contain
        ``/build/source`` then.

    Runs in linear time, even if the whole file is a single string, as data on one line may be.
    """
    found: dict[str, None] = {}
    for prefix in map(str.encode, prefixes):
        end = 0
        while (index := data.find(prefix, end)) >= 0:
            preceding = data[max(0, index - 20) : index]
            if whole and _NAME_BEFORE.search(preceding) and not _OPTION_BEFORE.search(preceding):
                end = index + 1
                continue
            before = _PRINTABLE.match(data[max(end, index - _CONTEXT) : index][::-1])
            after = _PRINTABLE.match(data, index, index + len(prefix) + _CONTEXT)
            start, end = index - (before.end() if before else 0), max(after.end() if after else index, index + 1)
            found[data[start:end].decode("ascii", "replace")] = None
    return tuple(found)


def _read(data: bytes) -> Elf:
    dynamic = DynamicElf(data)
    kind, machine, *_ = dynamic.header
    flags = dynamic.header[6]
    needs = tuple(dynamic.needed_versions())
    versions = {need.number: need.version for need in needs}
    undefined, exported, indirect, unique = [], [], [], []
    for symbol in dynamic.symbols():
        if symbol.binding == _LOCAL:
            continue
        entry = Symbol(symbol.name, symbol.binding == _WEAK, versions.get(symbol.version))
        if symbol.section == 0:
            undefined.append(entry)
        elif symbol.visibility in _VISIBLE and symbol.section != _ABSOLUTE:
            exported.append(entry)
            indirect += [symbol.name] if symbol.type == _INDIRECT else []
            unique += [symbol.name] if symbol.binding == _UNIQUE else []
    stacks = [segment.flags & 1 for segment in dynamic.segments if segment.type == PT_GNU_STACK]
    is_program = any(segment.type == PT_INTERP for segment in dynamic.segments)
    loaded = [segment for segment in dynamic.segments if segment.type == PT_LOAD]
    defined, hard_float = _read_sections(data, is_arm=machine == _ARM)
    return Elf(
        machine=_machine_name(machine),
        bits=64 if dynamic.wide else 32,
        endian="little" if dynamic.order == "<" else "big",
        flags=flags,
        kind=_KINDS.get(kind, f"ET_{kind}"),
        soname=next(iter(dynamic.strings(DT_SONAME)), None),
        needed=dynamic.strings(DT_NEEDED),
        run_paths=tuple(path for text in dynamic.strings(DT_RPATH, DT_RUNPATH) for path in text.split(":")),
        versions=tuple(VersionNeed(need.library, need.version) for need in needs),
        undefined=tuple(undefined),
        exported=tuple(exported),
        defined=defined,
        hard_float=hard_float,
        executable_stack=any(stacks),
        text_relocations=bool(
            any(tag == DT_TEXTREL for tag, _ in dynamic.entries) or dynamic.value(DT_FLAGS) & DF_TEXTREL
        ),
        os_abi=dynamic.os_abi,
        is_program=is_program or bool(dynamic.value(DT_FLAGS_1) & DF_1_PIE),
        is_truncated=any(segment.offset + segment.file_size > len(data) for segment in loaded),
        indirect=tuple(indirect) or ((_LOCAL_INDIRECT,) if dynamic.has_indirect_relocations() else ()),
        unique=tuple(unique),
    )


def _machine_name(number: int) -> str:
    from elftools.elf.enums import ENUM_E_MACHINE

    return next(
        (name for name, value in ENUM_E_MACHINE.items() if value == number and name != "_default_"), f"EM_{number}"
    )


def _read_sections(data: bytes, *, is_arm: bool) -> tuple[frozenset[str], bool | None]:
    """Return what only sections tell: functions in the static symbol table, and ARM's attributes.

    The loader does not read them: a file whose section table is missing or damaged is loaded all the same.
    """
    from elftools.common.exceptions import ELFError  # here, since importing it takes a tenth of a second
    from elftools.elf.elffile import ELFFile

    try:
        elf = ELFFile(io.BytesIO(data))
        return _static_functions(elf), _hard_float(elf)
    except (ELFError, *WRONG_NUMBERS):
        return frozenset(), False if is_arm else None


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
