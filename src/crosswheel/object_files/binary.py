"""Reading compiled files of any format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from crosswheel.object_files.elf import is_elf, read_elf
from crosswheel.object_files.macho import is_macho, is_universal, read_macho, read_universal
from crosswheel.object_files.pe import is_coff, is_pe, read_coff, read_pe
from crosswheel.object_files.wasm import is_wasm, read_wasm

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

_FORMATS: tuple[tuple[Callable[[bytes], bool], Callable[[bytes], Binary | None]], ...] = (
    (is_elf, read_elf),
    (is_wasm, read_wasm),
    (is_macho, read_macho),
    (is_universal, read_universal),
    (is_pe, read_pe),
    (is_coff, read_coff),
)


def is_binary(data: bytes) -> bool:
    """Whether these bytes begin a compiled file."""
    return any(begins(data) for begins, _ in _FORMATS)


def read_binary(data: bytes) -> Binary | None:
    """Read a compiled file; None for anything else and for one too damaged to be read."""
    return next((read(data) for begins, read in _FORMATS if begins(data)), None)


class Binary(Protocol):
    """A program, a library, a module or an object file."""

    @property
    def format(self) -> Literal["ELF", "WebAssembly", "Mach-O", "PE"]:
        """How it is written."""
        ...

    @property
    def exported_names(self) -> AbstractSet[str]:
        """The symbols it gives to others, as C names them."""
        ...

    @property
    def needed(self) -> tuple[str, ...]:
        """The libraries it wants to be loaded with it."""
        ...


def is_module(binary: Binary) -> bool:
    """Whether Python can import it, rather than that programs are linked with it or ctypes loads it."""
    return any(name.startswith("PyInit") for name in binary.exported_names)
