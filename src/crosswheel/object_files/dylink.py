"""Changing what a WebAssembly module says of the libraries it needs: the tool conventions' section ``dylink.0``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.object_files.wasm import HEADER, NEEDED, RUN_PATHS, dylink_parts

if TYPE_CHECKING:
    from collections.abc import Sequence


def relink(data: bytes, needed: Sequence[str], run_paths: Sequence[str]) -> bytes:
    """A side module that needs other libraries, and says where they lie.

    :raises ValueError: when it is no side module.
    """
    found, rest = dylink_parts(data)
    parts = [(kind, content) for kind, content in found if kind not in {NEEDED, RUN_PATHS}]
    parts += [(kind, _names(names)) for kind, names in ((NEEDED, needed), (RUN_PATHS, run_paths)) if names]
    section = _sized(b"dylink.0") + b"".join(bytes([kind]) + _sized(part) for kind, part in parts)
    return HEADER + b"\0" + _sized(section) + rest


def _names(names: Sequence[str]) -> bytes:
    return _leb128(len(names)) + b"".join(_sized(name.encode()) for name in names)


def _sized(content: bytes) -> bytes:
    return _leb128(len(content)) + content


def _leb128(number: int) -> bytes:
    """An unsigned number in LEB128."""
    digits = []
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*digits, number])
