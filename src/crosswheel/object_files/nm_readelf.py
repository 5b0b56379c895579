"""``nm`` and ``readelf`` for builds: ``python -m crosswheel.object_files.nm_readelf nm|readelf ...``.

zig has neither, and those of the build machine may not support the target. This prints what configure scripts, libtool,
CMake and Meson read, for ELF objects, programs, libraries and static archives of any architecture.
"""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from crosswheel.object_files.ar import archive_members, is_archive
from crosswheel.object_files.elf import WRONG_NUMBERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_LONG = {
    "--extern-only": "g", "--undefined-only": "u", "--defined-only": "U", "--dynamic": "D", "--print-file-name": "A",
    "--no-sort": "p", "--numeric-sort": "n", "--reverse-sort": "r", "--print-size": "S", "--portability": "P",
    "--just-symbol-name": "j", "--debug-syms": "a", "--demangle": "C", "--no-demangle": "C", "--print-armap": "s",
    "--format=posix": "P", "--format=bsd": "B", "--format=just-symbols": "j", "--quiet": "B",
}  # fmt: skip
# -C is accepted but does not demangle: scripts look for mangled names.
_LETTERS = frozenset("gujUDAopnvrSPBaCXsl")
_DAMAGE = (ELFError, *WRONG_NUMBERS)


@dataclass(frozen=True, slots=True)
class NmOptions:
    """Command line of ``nm``: the letters of its options, and the files."""

    letters: frozenset[str]
    files: tuple[str, ...]

    def has(self, *letters: str) -> bool:
        """Whether any of these options is set."""
        return any(letter in self.letters for letter in letters)


class UnknownOptionError(ValueError):
    """An unsupported option."""


def read_nm_options(arguments: Sequence[str]) -> NmOptions:
    """Parse the command line of ``nm``.

    :raises UnknownOptionError: if an option is unsupported.
    """
    letters: set[str] = set()
    files: list[str] = []
    rest = iter(arguments)
    for arg in rest:
        argument = arg
        if arg in {"-f", "--format"}:
            argument = f"--format={next(rest, '')}"
        elif arg in {"-t", "--radix", "--plugin"}:
            next(rest, None)
            continue
        if not argument.startswith("-") or argument == "-":
            files.append(argument)
        elif argument in _LONG:
            letters.add(_LONG[argument])
        elif argument.startswith("--") or not _LETTERS.issuperset(argument[1:]):
            raise UnknownOptionError(argument)
        else:
            letters |= set(argument[1:])
    return NmOptions(frozenset(letters), tuple(files) or ("a.out",))


def nm_lines(data: bytes, path: str, options: NmOptions) -> Iterator[str]:
    """Yield the output of ``nm`` for a file.

    :raises ELFError: if it is neither an ELF file nor an archive of ELF files.
    """
    if not is_archive(data):
        if len(options.files) > 1 and not options.has("A", "o"):
            yield from ("", f"{path}:")
        yield from _symbols(data, f"{path}:", options)
        return
    for name, content in archive_members(data):
        if not options.has("A", "o"):
            yield from (f"{path}[{name}]:",) if options.has("P") else ("", f"{name}:")
        yield from _symbols(content, f"{path}:{name}:", options)


def _symbols(data: bytes, prefix: str, options: NmOptions) -> Iterator[str]:
    symbols, digits = list_symbols(data, dynamic=options.has("D"))
    if options.has("g"):
        symbols = [symbol for symbol in symbols if symbol.external]
    if options.has("u"):
        symbols = [symbol for symbol in symbols if symbol.undefined]
    if options.has("U"):
        symbols = [symbol for symbol in symbols if not symbol.undefined]
    if not options.has("p"):
        sort_key: Callable[[ListedSymbol], tuple[object, ...]] = (
            (lambda s: (not s.undefined, s.value, s.name)) if options.has("n", "v") else (lambda s: (s.name, s.value))
        )
        symbols.sort(key=sort_key, reverse=options.has("r"))
    for symbol in symbols:
        yield (f"{prefix}" if options.has("A", "o") else "") + _symbol_line(symbol, digits, options)


def _symbol_line(symbol: ListedSymbol, digits: int, options: NmOptions) -> str:
    if options.has("j"):
        return symbol.name
    if options.has("P"):
        return f"{symbol.name} {symbol.letter} " + ("" if symbol.undefined else f"{symbol.value:x} {symbol.size:x}")
    value = " " * digits if symbol.undefined else f"{symbol.value:0{digits}x}"
    size = f" {symbol.size:0{digits}x}" if options.has("S") and symbol.size and not symbol.undefined else ""
    return f"{value}{size} {symbol.letter} {symbol.name}"


def readelf_lines(data: bytes, flags: Sequence[str]) -> Iterator[str]:
    """Yield the output of ``readelf`` for a file: header, dynamic section and symbols, as requested.

    :raises ELFError: if it is not an ELF file.
    :raises UnknownOptionError: if an option is unsupported.
    """
    long_options = {
        "--file-header": "h",
        "--dynamic": "d",
        "--syms": "s",
        "--symbols": "s",
        "--dyn-syms": "y",
        "--wide": "W",
    }
    letters: set[str] = set()
    for flag in flags:
        option_letters = long_options.get(flag, "" if flag.startswith("--") else flag[1:])
        if not option_letters or set(option_letters) - set("hdsyWe"):
            raise UnknownOptionError(flag)
        letters |= set(option_letters)
    if letters & set("he"):
        yield from header_lines(data)
    if "d" in letters:
        yield from dynamic_lines(data)
    if letters & set("sy"):
        yield from symbol_lines(data, dynamic_only="s" not in letters)


def run(arguments: Sequence[str], print_line: Callable[[str], object], print_error: Callable[[str], object]) -> int:
    """Run one of the tools and return its exit status.

    :param print_line: writes a line to standard output; ``print_error`` writes one to standard error.
    """
    tool, *args = arguments or ("",)
    if tool not in {"nm", "readelf"}:
        print_error(f"crosswheel: unknown tool {tool!r}; supported: nm, readelf")
        return 2
    if {"--version", "-V"} & set(args):
        # libtool and configure look for the word GNU.
        print_line(f"GNU {tool} compatible (crosswheel)")
        return 0
    try:
        if tool == "nm":
            options = read_nm_options(args)
            return _each(options.files, lambda data, path: nm_lines(data, path, options), print_line, print_error)
        files = [arg for arg in args if not arg.startswith("-")]
        flags = [arg for arg in args if arg.startswith("-")]
        return _each(files, lambda data, _path: readelf_lines(data, flags), print_line, print_error)
    except UnknownOptionError as error:
        print_error(f"crosswheel {tool}: invalid option {error}")
        return 2


def _each(
    files: Sequence[str],
    lines: Callable[[bytes, str], Iterator[str]],
    print_line: Callable[[str], object],
    print_error: Callable[[str], object],
) -> int:
    status = 0
    for path in files:
        try:
            data = Path(path).read_bytes()
            for line in list(lines(data, path)):
                print_line(line)
        except UnknownOptionError:
            raise
        except OSError as error:
            print_error(f"crosswheel: '{path}': {error.strerror}")
            status = 1
        except _DAMAGE:
            print_error(f"crosswheel: {path}: file format not recognized")
            status = 1
    return status


def _main() -> int:
    out, err = sys.stdout, sys.stderr
    out.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]  # a terminal or pipe, not a test's buffer
    return run(sys.argv[1:], lambda line: out.write(f"{line}\n"), lambda line: err.write(f"{line}\n"))


# Section flags (System V gABI).
_WRITE, _ALLOCATED, _EXECUTABLE = 1, 2, 4


@dataclass(frozen=True, slots=True)
class ListedSymbol:
    """A symbol as listed by ``nm``.

    :param letter: nm's symbol type: ``T`` code, ``D`` data, ``B`` zero-initialized data, ``R`` read-only data, ``U``
        undefined, ``W`` and ``V`` weak; lower case for local symbols and for undefined weak ones.
    """

    name: str
    letter: str
    value: int
    size: int

    @property
    def undefined(self) -> bool:
        """Whether the symbol is undefined."""
        return self.letter in "Uwv"

    @property
    def external(self) -> bool:
        """Whether the symbol is visible to other files."""
        return self.letter.isupper() or self.letter in "uwvi"


def list_symbols(data: bytes, *, dynamic: bool = False) -> tuple[list[ListedSymbol], int]:
    """Return the symbols of an ELF file in file order, and the width of its addresses in hexadecimal digits.

    :param dynamic: read the dynamic symbol table instead of the static one.
    :raises ELFError: if it is not an ELF file, or damaged.
    """
    elf = ELFFile(io.BytesIO(data))
    table: Any = elf.get_section_by_name(".dynsym" if dynamic else ".symtab")
    symbols = [_listed(elf, symbol) for symbol in (table.iter_symbols() if table else ())]
    return [symbol for symbol in symbols if symbol], elf.elfclass // 4


def _listed(elf: ELFFile, symbol: Any) -> ListedSymbol | None:
    entry = symbol.entry
    if not symbol.name or entry.st_info.type in {"STT_SECTION", "STT_FILE"}:
        return None
    # Mapping symbols and local labels of the assembler, which nm leaves out too.
    if entry.st_info.bind == "STB_LOCAL" and symbol.name.startswith(("$", ".L")):
        return None
    return ListedSymbol(symbol.name, _letter(elf, entry), entry.st_value, entry.st_size)


def _letter(elf: ELFFile, entry: Any) -> str:
    kind, binding, section = entry.st_info.type, entry.st_info.bind, entry.st_shndx
    weak = "v" if kind == "STT_OBJECT" else "w"
    if section == "SHN_UNDEF":
        return weak if binding == "STB_WEAK" else "U"
    if kind == "STT_LOOS":
        return "i"
    if binding == "STB_WEAK":
        return weak.upper()
    if binding == "STB_LOOS":
        return "u"
    letter = {"SHN_ABS": "A", "SHN_COMMON": "C"}.get(section) or _section_letter(elf, section)
    return letter.lower() if binding == "STB_LOCAL" else letter


def _section_letter(elf: ELFFile, index: object) -> str:
    if not isinstance(index, int) or index >= elf.num_sections():
        return "?"
    header: Any = elf.get_section(index).header
    if header.sh_flags & _EXECUTABLE:
        return "T"
    if header.sh_type == "SHT_NOBITS":
        return "B"
    if not header.sh_flags & _ALLOCATED:
        return "N"
    return "D" if header.sh_flags & _WRITE else "R"


def header_lines(data: bytes) -> Iterator[str]:
    """Yield the output of ``readelf -h`` that builds read: class, byte order, type, machine, entry point, flags."""
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
    """Yield the output of ``readelf -d``: the dynamic section, with names resolved."""
    elf = ELFFile(io.BytesIO(data))
    section: Any = elf.get_section_by_name(".dynamic")
    if section is None:
        yield "There is no dynamic section in this file."
        return
    labels = {
        "needed": "Shared library:",
        "soname": "Library soname:",
        "rpath": "Library rpath:",
        "runpath": "Library runpath:",
    }
    yield f"Dynamic section at offset 0x{section.header.sh_offset:x} contains {section.num_tags()} entries:"
    yield "  Tag        Type                         Name/Value"
    for tag in section.iter_tags():
        names = [f"{text} [{getattr(tag, field)}]" for field, text in labels.items() if hasattr(tag, field)]
        kind = f"({tag.entry.d_tag.removeprefix('DT_')})"
        yield f" 0x{_tag_number(tag):016x} {kind:<28} {names[0] if names else f'0x{tag.entry.d_val:x}'}"


def _tag_number(tag: Any) -> int:
    from elftools.elf.enums import ENUM_D_TAG

    number = ENUM_D_TAG.get(tag.entry.d_tag, tag.entry.d_tag)
    return number if isinstance(number, int) else 0


def symbol_lines(data: bytes, *, dynamic_only: bool = False) -> Iterator[str]:
    """Yield the output of ``readelf -s``: both symbol tables, or only the dynamic one."""
    elf = ELFFile(io.BytesIO(data))
    digits = elf.elfclass // 4
    for name in (".dynsym",) if dynamic_only else (".dynsym", ".symtab"):
        table: Any = elf.get_section_by_name(name)
        if table is None:
            continue
        yield ""
        yield f"Symbol table '{name}' contains {table.num_symbols()} entries:"
        yield f"   Num: {'Value':>{digits}}  Size Type    Bind   Vis      Ndx Name"
        for index, symbol in enumerate(table.iter_symbols()):
            entry = symbol.entry
            section = {"SHN_UNDEF": "UND", "SHN_ABS": "ABS", "SHN_COMMON": "COM"}.get(entry.st_shndx, entry.st_shndx)
            kind, binding = entry.st_info.type.removeprefix("STT_"), entry.st_info.bind.removeprefix("STB_")
            vis = entry.st_other.visibility.removeprefix("STV_")
            yield (
                f"{index:6}: {entry.st_value:0{digits}x} {entry.st_size:5} {kind:<7} {binding:<6} {vis:<8} {section:>3}"
                f" {symbol.name}"
            )


if __name__ == "__main__":
    raise SystemExit(_main())
