"""Generating minimal ELF files for dynamic linking, with the tables that crosswheel reads (gABI, LSB)."""

from __future__ import annotations

import struct

RISCV64, X86_64, AARCH64 = 243, 62, 183
REL, EXEC, DYN = 1, 2, 3
_HEADER, _PROGRAM, _SECTION = 64, 56, 64


def _hash(name: str) -> int:
    value = 0
    for byte in name.encode():
        value = (value << 4) + byte
        high = value & 0xF0000000
        value = (value ^ high >> 24) & ~high
    return value


def elf(
    *, machine: int = RISCV64, kind: int = DYN, flags: int | None = None, exports: tuple[str, ...] = ("PyInit_a",),
    imports: tuple[str, ...] = ("PyLong_FromLong",), needed: tuple[str, ...] = ("libc.so.6",), run_path: str = "",
    soname: str = "", versions: tuple[tuple[str, str, str], ...] = (("memcpy", "libc.so.6", "GLIBC_2.27"),),
    export_info: int = 0x12, os_abi: int = 0, interpreter: bool = False, sections: bool = True, missing: int = 0,
) -> bytes:  # fmt: skip
    """Return a 64-bit little-endian file.

    :param export_info: ``st_info`` of exported symbols: binding times 16, and type.
    :param sections: whether there is a section table.
    :param missing: bytes by which the loaded segment is longer than the file.
    :param versions: imports with a version: name, library, version.
    """
    strings = b"\0"

    def put(text: str) -> int:
        nonlocal strings
        at = len(strings)
        strings += text.encode() + b"\0"
        return at

    parts: dict[str, bytes] = {}
    names = [*((name, 0) for name in imports), *((name, index + 2) for index, (name, *_) in enumerate(versions))]
    table = struct.pack("<IBBHQQ", 0, 0, 0, 0, 0, 0)
    table += b"".join(struct.pack("<IBBHQQ", put(name), 0x12, 0, 0, 0, 0) for name, _ in names)
    table += b"".join(struct.pack("<IBBHQQ", put(name), export_info, 0, 1, 0x1000, 8) for name in exports)
    count = len(names) + len(exports) + 1
    needs = b""
    for index, (_, library, version) in enumerate(versions):
        following = 32 if index + 1 < len(versions) else 0
        needs += struct.pack("<HHIII", 1, 1, put(library), 16, following)
        needs += struct.pack("<IHHII", _hash(version), 0, index + 2, put(version), 0)
    entries = [(1, put(library)) for library in needed]
    entries += [(14, put(soname))] if soname else []
    entries += [(29, put(run_path))] if run_path else []
    parts[".dynsym"] = table
    parts[".gnu.version"] = struct.pack(f"<{count}H", 0, *(number for _, number in names), *(1 for _ in exports))
    parts[".gnu.version_r"] = needs
    parts[".hash"] = struct.pack(f"<{count + 3}I", 1, count, count - 1, 0, *range(count - 1))
    parts[".dynstr"] = strings
    start = _HEADER + 3 * _PROGRAM
    places: dict[str, int] = {}
    for name, data in parts.items():
        places[name] = start
        start += len(data) + -len(data) % 8
    entries += [(5, places[".dynstr"]), (6, places[".dynsym"]), (10, len(strings)), (11, 24), (4, places[".hash"])]
    entries += [(0x6FFFFFF0, places[".gnu.version"]), (0x6FFFFFFE, places[".gnu.version_r"])] if versions else []
    entries += [(0x6FFFFFFF, len(versions)), (0, 0)] if versions else [(0, 0)]
    parts[".dynamic"] = b"".join(struct.pack("<qQ", *entry) for entry in entries)
    places[".dynamic"] = start
    body = b"".join(data + b"\0" * (-len(data) % 8) for data in parts.values())
    kinds = {".dynsym": (11, 5, 1, 24), ".gnu.version": (0x6FFFFFFF, 1, 0, 2),
             ".gnu.version_r": (0x6FFFFFFE, 5, len(versions), 0), ".hash": (5, 1, 0, 4), ".dynstr": (3, 0, 0, 0),
             ".dynamic": (6, 5, 0, 16)}  # fmt: skip
    labels, rows = b"\0", struct.pack("<IIQQQQIIQQ", *([0] * 10))
    for name, data in parts.items():
        number, link, info, size = kinds[name]
        rows += struct.pack("<IIQQQQIIQQ", len(labels), number, 2, places[name], places[name], len(data), link, info, 8,
                            size)  # fmt: skip
        labels += name.encode() + b"\0"
    end = _HEADER + 3 * _PROGRAM + len(body)
    rows += struct.pack("<IIQQQQIIQQ", len(labels), 3, 0, 0, end, len(labels) + 10, 0, 0, 1, 0)
    labels += b".shstrtab\0"
    tail = labels + b"\0" * (-len(labels) % 8)
    if flags is None:
        flags = 5 if machine == RISCV64 else 0
    head = b"\x7fELF\x02\x01\x01" + bytes([os_abi]) + b"\0" * 8
    table_at, rows_of_table = (end + len(tail), len(parts) + 2) if sections else (0, 0)
    head += struct.pack("<HHIQQQIHHHHHH", kind, machine, 1, 0, _HEADER, table_at, flags, _HEADER, _PROGRAM, 3,
                        _SECTION, rows_of_table, max(rows_of_table - 1, 0))  # fmt: skip
    size = end + missing + (len(tail) + len(rows) if missing else 0)
    programs = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, size, size, 0x1000)
    programs += struct.pack("<IIQQQQQQ", 2, 6, *([places[".dynamic"]] * 3), *([len(parts[".dynamic"])] * 2), 8)
    programs += struct.pack("<IIQQQQQQ", 3 if interpreter else 0x6474E551, 6, 0, 0, 0, 0, 0, 16)
    return head + programs + body + (tail + rows if sections else b"")
