"""What compiled files say of themselves, read from bytes."""

from crosswheel.binaries.elf import Elf, read_elf

__all__ = ["Elf", "read_elf"]
