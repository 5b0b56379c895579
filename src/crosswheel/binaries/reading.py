"""Reading compiled files of any format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.binaries.elf import MAGIC, read_elf
from crosswheel.binaries.wasm import is_wasm, read_wasm

if TYPE_CHECKING:
    from crosswheel.binaries.model import Binary


def is_binary(data: bytes) -> bool:
    """Whether these bytes begin a compiled file."""
    return data[:4] == MAGIC or is_wasm(data)


def read_binary(data: bytes) -> Binary | None:
    """Read a compiled file; None for anything else and for one too damaged to be read."""
    if data[:4] == MAGIC:
        return read_elf(data)
    return read_wasm(data)
