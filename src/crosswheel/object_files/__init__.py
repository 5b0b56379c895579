"""What compiled files say of themselves, read from bytes."""

from crosswheel.object_files.model import Binary, is_module
from crosswheel.object_files.read import is_binary, read_binary

__all__ = ["Binary", "is_binary", "is_module", "read_binary"]
