"""What compiled files say of themselves, read from bytes."""

from crosswheel.object_files.binary import Binary, is_binary, is_module, read_binary

__all__ = ["Binary", "is_binary", "is_module", "read_binary"]
