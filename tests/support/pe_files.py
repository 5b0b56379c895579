"""Generating minimal PE files, with the parts that crosswheel reads."""

from __future__ import annotations

import struct

AMD64, ARM64, I386 = 0x8664, 0xAA64, 0x14C
DLL = 0x2000
HARDENED = 0x160
_BEGIN, _PAGE = 0x400, 0x1000
_IMPORTS = {"python313.dll": ("PyModule_Create2", "PyLong_FromLong"), "KERNEL32.dll": ("GetLastError",)}


class _Body:
    """The only section. Its offsets in memory are those in the file, from another start."""

    def __init__(self) -> None:
        self.data = b""

    def put(self, data: bytes) -> int:
        """Append data, and return its address."""
        self.data += b"\0" * (-len(self.data) % 8)
        at = len(self.data)
        self.data += data
        return _PAGE + at


def pe(
    *, machine: int = AMD64, characteristics: int = DLL | 0x22, flags: int = HARDENED, stamp: int = 0,
    imports: dict[str, tuple[str, ...]] | None = None, delayed: dict[str, tuple[str, ...]] | None = None,
    exports: tuple[str, ...] = ("PyInit_a",), debug_file: str = "", reproducible: bool = False,
    section: int = 0x60000020,
) -> bytes:  # fmt: skip
    wide = machine != I386
    body = _Body()
    directories = [(0, 0)] * 16
    directories[0] = _exports(body, exports)
    directories[1] = _imports(body, _IMPORTS if imports is None else imports, wide)
    directories[13] = _delayed(body, delayed or {}, wide)
    directories[6] = _debug(body, debug_file, reproducible)
    raw = body.data + b"\0" * (-len(body.data) % 0x200)
    pointer = "Q" if wide else "I"
    optional = struct.pack("<HBBIIIII", 0x20B if wide else 0x10B, 14, 0, len(raw), 0, 0, 0, _PAGE)
    optional += b"" if wide else struct.pack("<I", _PAGE)
    optional += struct.pack(f"<{pointer}II6HIIIIHH", 0x10000000, _PAGE, 0x200, 6, 0, 0, 0, 6, 0, 0,
                            _PAGE + (len(raw) // _PAGE + 1) * _PAGE, _BEGIN, 0, 2, flags)  # fmt: skip
    optional += struct.pack(f"<4{pointer}II", 1 << 20, 1 << 12, 1 << 20, 1 << 12, 0, 16)
    optional += b"".join(struct.pack("<II", *found) for found in directories)
    head = b"MZ" + b"\0" * 58 + struct.pack("<I", 64) + b"PE\0\0"
    head += struct.pack("<HHIIIHH", machine, 1, stamp, 0, 0, len(optional), characteristics) + optional
    head += b".text\0\0\0" + struct.pack("<IIIIIIHHI", len(raw), _PAGE, len(raw), _BEGIN, 0, 0, 0, 0, section)
    return head.ljust(_BEGIN, b"\0") + raw


def _imports(body: _Body, imports: dict[str, tuple[str, ...]], wide: bool) -> tuple[int, int]:
    rows = b"".join(
        struct.pack(
            "<5I", _names(body, names, wide), 0, 0, body.put(library.encode() + b"\0"), _names(body, names, wide)
        )
        for library, names in imports.items()
    )
    return (body.put(rows + bytes(20)), len(rows) + 20) if imports else (0, 0)


def _delayed(body: _Body, imports: dict[str, tuple[str, ...]], wide: bool) -> tuple[int, int]:
    rows = b"".join(
        struct.pack(
            "<8I",
            1,
            body.put(library.encode() + b"\0"),
            body.put(bytes(8)),
            _names(body, names, wide),
            _names(body, names, wide),
            0,
            0,
            0,
        )
        for library, names in imports.items()
    )
    return (body.put(rows + bytes(32)), len(rows) + 32) if imports else (0, 0)


def _names(body: _Body, names: tuple[str, ...], wide: bool) -> int:
    number = "<Q" if wide else "<I"
    by_number = 1 << (63 if wide else 31)
    entries = [
        by_number | int(name[1:]) if name.startswith("#") else body.put(b"\0\0" + name.encode() + b"\0")
        for name in names
    ]
    return body.put(b"".join(struct.pack(number, entry) for entry in (*entries, 0)))


def _exports(body: _Body, names: tuple[str, ...]) -> tuple[int, int]:
    if not names:
        return 0, 0
    listed = [body.put(name.encode() + b"\0") for name in sorted(names)]
    functions = body.put(struct.pack(f"<{len(names)}I", *[_PAGE] * len(names)))
    addresses = body.put(struct.pack(f"<{len(names)}I", *listed))
    numbers = body.put(struct.pack(f"<{len(names)}H", *range(len(names))))
    name = body.put(b"a.pyd\0")
    count = len(names)
    return body.put(struct.pack("<IIHH7I", 0, 0, 0, 0, name, 1, count, count, functions, addresses, numbers)), 40


def _debug(body: _Body, file: str, reproducible: bool) -> tuple[int, int]:
    rows = b""
    if file:
        data = b"RSDS" + bytes(20) + file.encode() + b"\0"
        at = body.put(data)
        rows += struct.pack("<IIHHIIII", 0, 0, 0, 0, 2, len(data), at, at - _PAGE + _BEGIN)
    if reproducible:
        rows += struct.pack("<IIHHIIII", 0, 0, 0, 0, 16, 0, 0, 0)
    return (body.put(rows), len(rows)) if rows else (0, 0)


def coff(machine: int = AMD64) -> bytes:
    """Return an object file with one empty section and no symbols."""
    return struct.pack("<HHIIIHH", machine, 1, 0, 60, 0, 0, 0) + b".text\0\0\0" + bytes(32)
