"""The properties common to all object file formats, and reading a file of any format."""

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
    """Whether data is a compiled file, by its magic number."""
    return any(matches(data) for matches, _ in _FORMATS)


def read_binary(data: bytes) -> Binary | None:
    """Parse a compiled file; return None if it is not one, or too damaged to parse."""
    return next((read(data) for matches, read in _FORMATS if matches(data)), None)


class Binary(Protocol):
    """A program, library, extension module or object file."""

    @property
    def format(self) -> Literal["ELF", "WebAssembly", "Mach-O", "PE"]:
        """Object file format."""
        ...

    @property
    def exported_names(self) -> AbstractSet[str]:
        """Exported symbols, named as in C."""
        ...

    @property
    def needed(self) -> tuple[str, ...]:
        """Names of the libraries to be loaded with it."""
        ...


def is_module(binary: Binary) -> bool:
    """Whether a file is a Python extension module, as opposed to a library for linking or ctypes."""
    return any(name.startswith("PyInit") for name in binary.exported_names)
