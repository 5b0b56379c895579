"""What every compiled file has, whatever its format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet


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
