"""Parsing of compiled files: ELF, Mach-O, PE and WebAssembly, from bytes."""

from crosswheel.object_files.binary import Binary, is_binary, is_module, read_binary

__all__ = ["Binary", "is_binary", "is_module", "read_binary"]
