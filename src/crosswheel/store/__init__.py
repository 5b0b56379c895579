"""Content-addressed artifacts: made once for the same inputs, verified when they are read, shared if one likes."""

from crosswheel.store.key import Key, code_digest
from crosswheel.store.manifest import METADATA_FILE, Manifest, read_metadata, write_metadata
from crosswheel.store.store import Store

__all__ = ["METADATA_FILE", "Key", "Manifest", "Store", "code_digest", "read_metadata", "write_metadata"]
