"""Reading compiled files of any format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.binaries.wasm import is_wasm, read_wasm

if TYPE_CHECKING:
    from crosswheel.binaries.model import Binary

_ELF = b"\x7fELF"


def is_binary(data: bytes) -> bool:
    """Whether these bytes begin a compiled file."""
    return data[:4] == _ELF or is_wasm(data)


def read_binary(data: bytes) -> Binary | None:
    """Read a compiled file; None for anything else and for one too damaged to be read."""
    if data[:4] == _ELF:
        from crosswheel.binaries.elf import read_elf  # takes a while to import

        return read_elf(data)
    return read_wasm(data)
