"""Generating minimal Mach-O files, with the parts that crosswheel reads."""

from __future__ import annotations

import hashlib
import struct

ARM64, X86_64 = 0x0100000C, 0x01000007
BUNDLE, DYLIB, OBJECT = 8, 6, 1
SELF, FLAT = 0, -2
SYSTEM = "/usr/lib/libSystem.B.dylib"
PAGE = 4096


def command(number: int, body: bytes) -> bytes:
    body += b"\0" * (-len(body) % 8)
    return struct.pack("<2I", number, len(body) + 8) + body


def library(name: str, number: int = 0xC) -> bytes:
    return command(number, struct.pack("<4I", 24, 2, 0, 0) + name.encode() + b"\0")


def run_path(name: str) -> bytes:
    return command(0x8000001C, struct.pack("<I", 12) + name.encode() + b"\0")


def build_version(major: int, minor: int, platform: int = 1) -> bytes:
    return command(0x32, struct.pack("<4I", platform, major << 16 | minor << 8, 0, 0))


def leb(number: int) -> bytes:
    out = b""
    while True:
        number, low = number >> 7, number & 0x7F
        out += bytes([low | (0x80 if number else 0)])
        if not number:
            return out


def trie(names: list[str]) -> bytes:
    """Return an export trie with one node for each name below the root."""
    leaf = b"\x02\x00\x00\x00"
    start = 0
    for _ in range(4):
        children = b""
        for at, name in enumerate(names):
            children += b"_" + name.encode() + b"\0" + leb(start + at * len(leaf))
        root = b"\0" + bytes([len(names)]) + children
        start = len(root)
    return root + leaf * len(names)


def bindings(imports: dict[str, int]) -> bytes:
    out = b""
    for name, ordinal in imports.items():
        which = bytes([0x10 | ordinal]) if ordinal > 0 else bytes([0x30 | (ordinal & 0xF)])
        # The symbol before its ordinal, as zig's linker writes it; an address; and the bind operation.
        out += b"\x40_" + name.encode() + b"\0" + which + b"\x72" + leb(300) + b"\x90"
    return out + b"\0"


def chains(imports: dict[str, int]) -> bytes:
    strings = entries = b""
    for name, ordinal in imports.items():
        entries += struct.pack("<I", (ordinal & 0xFF) | len(strings) << 9)
        strings += b"_" + name.encode() + b"\0"
    return struct.pack("<7I", 0, 28, 28, 28 + len(entries), len(imports), 1, 0) + entries + strings


def signature(covered: bytes) -> bytes:
    pages = [covered[at : at + PAGE] for at in range(0, len(covered), PAGE)]
    hashes = b"".join(hashlib.sha256(page).digest() for page in pages)
    head = struct.pack(
        ">9I4B", 0xFADE0C02, 44 + len(hashes), 0x20400, 2, 44, 0, 0, len(pages), len(covered), 32, 2, 0, 12
    )
    directory = head + b"\0" * (44 - len(head)) + hashes
    return struct.pack(">5I", 0xFADE0CC0, 20 + len(directory), 1, 0, 20) + directory


def macho(
    *, cputype: int = ARM64, kind: int = BUNDLE, minimum: tuple[int, int] | None = (11, 0), platform: int = 1,
    libraries: tuple[str, ...] = (SYSTEM,), install_name: str = "", run_paths: tuple[str, ...] = (),
    imports: dict[str, int] | None = None, exports: tuple[str, ...] = ("PyInit_a",), chained: bool = False,
    signed: bool = True,
) -> bytes:  # fmt: skip
    imports = {"PyLong_FromLong": FLAT, "strlen": 1} if imports is None else imports
    strings, table = b"\0", b""
    for name in exports:
        table += struct.pack("<IBBHQ", len(strings), 0x0F, 1, 0, 0)
        strings += b"_" + name.encode() + b"\0"
    for name in imports:
        table += struct.pack("<IBBHQ", len(strings), 0x01, 0, 0, 0)
        strings += b"_" + name.encode() + b"\0"
    parts = {"bound": chains(imports) if chained else bindings(imports), "trie": trie(list(exports)), "table": table,
             "strings": strings}  # fmt: skip
    at = dict.fromkeys(parts, 0)

    def commands() -> list[bytes]:
        found = [library(name) for name in libraries]
        if minimum:
            found.append(build_version(*minimum, platform))
        if install_name:
            found.append(library(install_name, 0xD))
        found += [run_path(name) for name in run_paths]
        size = {name: len(data) for name, data in parts.items()}
        if chained:
            found.append(command(0x80000034, struct.pack("<2I", at["bound"], size["bound"])))
            found.append(command(0x80000033, struct.pack("<2I", at["trie"], size["trie"])))
        else:
            numbers = (0, 0, at["bound"], size["bound"], 0, 0, 0, 0, at["trie"], size["trie"])
            found.append(command(0x80000022, struct.pack("<10I", *numbers)))
        found.append(command(2, struct.pack("<4I", at["table"], len(exports) + len(imports), at["strings"],
                                            size["strings"])))  # fmt: skip
        if signed:
            found.append(command(0x1D, struct.pack("<2I", place, length)))
        return found

    place = length = 0
    begin = 32 + sum(map(len, commands()))
    for name, data in parts.items():
        at[name] = begin
        begin += len(data)
    place = begin + (-begin % 16)
    length = len(signature(b"\0" * place))
    listed = commands()
    head = struct.pack("<8I", 0xFEEDFACF, cputype, 0, kind, len(listed), sum(map(len, listed)), 0x85, 0)
    whole = (head + b"".join(listed) + b"".join(parts.values())).ljust(place, b"\0")
    return whole + (signature(whole) if signed else b"")


def universal(*files: tuple[int, bytes]) -> bytes:
    at, entries, body = PAGE, b"", b""
    for cputype, data in files:
        entries += struct.pack(">5I", cputype, 0, at, len(data), 12)
        body += data.ljust(-(-len(data) // PAGE) * PAGE, b"\0")
        at = PAGE + len(body)
    return (struct.pack(">2I", 0xCAFEBABE, len(files)) + entries).ljust(PAGE, b"\0") + body
