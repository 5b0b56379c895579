"""Generating small WebAssembly modules, by the binary format in chapter 5 of the core specification."""

from __future__ import annotations

from collections.abc import Iterable

HEADER = b"\0asm\x01\0\0\0"
I32, I64, F32, F64, FUNCREF = 0x7F, 0x7E, 0x7D, 0x7C, 0x70
FUNCTION, TABLE, MEMORY, GLOBAL, TAG = range(5)
MUTABLE, WEAK = 1, 1


def number(value: int) -> bytes:
    """Return an unsigned number in LEB128."""
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + number(rest) if rest else bytes([low])


def name(text: str) -> bytes:
    data = text.encode()
    return number(len(data)) + data


def many(items: Iterable[bytes]) -> bytes:
    written = list(items)
    return number(len(written)) + b"".join(written)


def section(kind: int, content: bytes) -> bytes:
    return number(kind) + number(len(content)) + content


def module(*sections: bytes) -> bytes:
    return HEADER + b"".join(sections)


def custom(title: str, content: bytes = b"") -> bytes:
    return section(0, name(title) + content)


def dylink(*needed: str, weak: Iterable[tuple[str, str]] = (), strong: Iterable[tuple[str, str]] = ()) -> bytes:
    """Return the section ``dylink.0``: memory and tables, needed libraries, flags of imports."""
    flags = [(place, title, WEAK) for place, title in weak] + [(place, title, 0x10) for place, title in strong]
    parts = {
        1: b"".join(map(number, (64, 4, 2, 0))),
        2: many(map(name, needed)),
        4: many(name(place) + name(title) + number(value) for place, title, value in flags),
    }
    return custom("dylink.0", b"".join(section(kind, part) for kind, part in parts.items()))


def types(*signatures: tuple[list[int], list[int]]) -> bytes:
    return section(1, many(b"\x60" + many(bytes([v]) for v in a) + many(bytes([v]) for v in b) for a, b in signatures))


def imports(*items: tuple[str, str, int, bytes]) -> bytes:
    """Return the import section, from tuples of module, name, kind, and encoded type."""
    return section(2, many(name(place) + name(title) + bytes([kind]) + kept for place, title, kind, kept in items))


def functions(*indices: int) -> bytes:
    return section(3, many(map(number, indices)))


def global_values(*items: tuple[int, int, bytes]) -> bytes:
    """Return the global section, from tuples of type, mutability, and the encoded constant expression."""
    return section(6, many(bytes([value, mutable]) + constant + b"\x0b" for value, mutable, constant in items))


def exports(*items: tuple[str, int, int]) -> bytes:
    return section(7, many(name(title) + bytes([kind]) + number(index) for title, kind, index in items))


def code(count: int) -> bytes:
    """Return the code section, with empty functions."""
    body = b"\0\x0b"
    return section(10, many([number(len(body)) + body] * count))


def tags(*indices: int) -> bytes:
    return section(13, many(b"\0" + number(index) for index in indices))
