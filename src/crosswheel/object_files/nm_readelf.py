"""``nm`` and ``readelf`` for builds: ``python -m crosswheel.object_files.nm_readelf nm|readelf ...``.

zig has neither, and the build machine's own may not know the target. This prints what configure scripts, libtool,
CMake and Meson read; it reads any architecture's ELF objects, programs, libraries and static archives.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from elftools.common.exceptions import ELFError

from crosswheel.object_files.ar import archive_members, is_archive
from crosswheel.object_files.elf import WRONG_NUMBERS
from crosswheel.object_files.listing import (
    ListedSymbol,
    dynamic_lines,
    header_lines,
    list_symbols,
    symbol_lines,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_LONG = {
    "--extern-only": "g", "--undefined-only": "u", "--defined-only": "U", "--dynamic": "D", "--print-file-name": "A",
    "--no-sort": "p", "--numeric-sort": "n", "--reverse-sort": "r", "--print-size": "S", "--portability": "P",
    "--just-symbol-name": "j", "--debug-syms": "a", "--demangle": "C", "--no-demangle": "C", "--print-armap": "s",
    "--format=posix": "P", "--format=bsd": "B", "--format=just-symbols": "j", "--quiet": "B",
}  # fmt: skip
# -C is accepted and names stay as they are: whoever reads them by program looks for those.
_LETTERS = frozenset("gujUDAopnvrSPBaCXsl")
_DAMAGE = (ELFError, *WRONG_NUMBERS)


@dataclass(frozen=True, slots=True)
class NmOptions:
    """What ``nm`` was asked: the letters of its options, and the files."""

    letters: frozenset[str]
    files: tuple[str, ...]

    def has(self, *letters: str) -> bool:
        """Whether any of these options is there."""
        return any(letter in self.letters for letter in letters)


class UnknownOptionError(ValueError):
    """An option that is not known here."""


def read_nm_options(arguments: Sequence[str]) -> NmOptions:
    """Read ``nm``'s arguments.

    :raises UnknownOptionError: for what this ``nm`` does not do.
    """
    letters: set[str] = set()
    files: list[str] = []
    rest = iter(arguments)
    for word in rest:
        argument = word
        if word in {"-f", "--format"}:
            argument = f"--format={next(rest, '')}"
        elif word in {"-t", "--radix", "--plugin"}:
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
    """What ``nm`` prints for a file.

    :raises ELFError: when it is neither an ELF file nor an archive of them.
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
        by: Callable[[ListedSymbol], tuple[object, ...]] = (
            (lambda s: (not s.undefined, s.value, s.name)) if options.has("n", "v") else (lambda s: (s.name, s.value))
        )
        symbols.sort(key=by, reverse=options.has("r"))
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
    """What ``readelf`` prints for a file: of header, dynamic section and symbols, those asked for.

    :raises ELFError: when it is not an ELF file.
    :raises UnknownOptionError: for what this ``readelf`` does not do.
    """
    named = {"--file-header": "h", "--dynamic": "d", "--syms": "s", "--symbols": "s", "--dyn-syms": "y", "--wide": "W"}
    letters: set[str] = set()
    for flag in flags:
        known = named.get(flag, "" if flag.startswith("--") else flag[1:])
        if not known or set(known) - set("hdsyWe"):
            raise UnknownOptionError(flag)
        letters |= set(known)
    if letters & set("he"):
        yield from header_lines(data)
    if "d" in letters:
        yield from dynamic_lines(data)
    if letters & set("sy"):
        yield from symbol_lines(data, dynamic_only="s" not in letters)


def run(arguments: Sequence[str], say: Callable[[str], object], complain: Callable[[str], object]) -> int:
    """Run one of the tools; its exit status.

    :param say: prints a line; ``complain`` prints one of the error stream.
    """
    tool, *words = arguments or ("",)
    if tool not in {"nm", "readelf"}:
        complain(f"crosswheel: there is no tool {tool!r}; there are nm and readelf")
        return 2
    if {"--version", "-V"} & set(words):
        # libtool and configure look for these words.
        say(f"GNU {tool} compatible (crosswheel)")
        return 0
    try:
        if tool == "nm":
            options = read_nm_options(words)
            return _each(options.files, lambda data, path: nm_lines(data, path, options), say, complain)
        files = [word for word in words if not word.startswith("-")]
        flags = [word for word in words if word.startswith("-")]
        return _each(files, lambda data, _path: readelf_lines(data, flags), say, complain)
    except UnknownOptionError as error:
        complain(f"crosswheel {tool}: invalid option {error}")
        return 2


def _each(
    files: Sequence[str],
    lines: Callable[[bytes, str], Iterator[str]],
    say: Callable[[str], object],
    complain: Callable[[str], object],
) -> int:
    status = 0
    for path in files:
        try:
            data = Path(path).read_bytes()
            for line in list(lines(data, path)):
                say(line)
        except UnknownOptionError:
            raise
        except OSError as error:
            complain(f"crosswheel: '{path}': {error.strerror}")
            status = 1
        except _DAMAGE:
            complain(f"crosswheel: {path}: file format not recognized")
            status = 1
    return status


def _main() -> int:
    out, err = sys.stdout, sys.stderr
    out.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]  # a terminal or a pipe, not a test's buffer
    return run(sys.argv[1:], lambda line: out.write(f"{line}\n"), lambda line: err.write(f"{line}\n"))


if __name__ == "__main__":
    raise SystemExit(_main())
