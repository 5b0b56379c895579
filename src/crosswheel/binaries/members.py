"""Reading static archives: the ``ar`` format of System V and its BSD variant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"!<arch>\n"
_HEADER = 60
# Tables of symbols and of long names, which are no files.
_TABLES = (b"/", b"//", b"/SYM64/", b"__.SYMDEF", b"__.SYMDEF SORTED")


def is_archive(data: bytes) -> bool:
    """Whether these bytes begin a static archive."""
    return data.startswith(MAGIC)


def archive_members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The files in an archive, with their names, in order; what is damaged ends it."""
    long_names = b""
    at = len(MAGIC)
    while at + _HEADER <= len(data):
        field = data[at : at + 16].rstrip()
        digits = data[at + 48 : at + 58].strip()
        if not digits.isdigit() or (field.startswith(b"#1/") and not field[3:].isdigit()):
            return
        start, size = at + _HEADER, int(digits)
        content = data[start : start + size]
        if field == b"//":
            long_names = content
        if field.startswith(b"#1/"):
            length = int(field[3:])
            field, content = content[:length].rstrip(b"\0"), content[length:]
        elif field.startswith(b"/") and field[1:].isdigit():
            field = long_names[int(field[1:]) :].partition(b"\n")[0]
        if field not in _TABLES:
            yield field.removesuffix(b"/").decode("utf-8", "surrogateescape"), content
        at = start + size + size % 2


def archive_symbols(data: bytes) -> tuple[str, ...]:
    """The names in an archive's own table of symbols, as GNU's and LLVM's archivers write it for ELF and WebAssembly:
    whatever its members define for others."""
    at = len(MAGIC)
    field, digits = data[at : at + 16].rstrip(), data[at + 48 : at + 58].strip()
    size = {b"/": 4, b"/SYM64/": 8}.get(field)
    if size is None or not digits.isdigit():
        return ()
    table = data[at + _HEADER : at + _HEADER + int(digits)]
    count = int.from_bytes(table[:size], "big")
    names = table[size * (count + 1) :].split(b"\0")[:count]
    return tuple(dict.fromkeys(name.decode("utf-8", "surrogateescape") for name in names))
