"""Content-addressed artifact store: created once per set of inputs, verified when read, optionally shared."""

from crosswheel.store.key import Key, code_digest
from crosswheel.store.manifest import METADATA_FILE, Manifest, read_metadata, write_metadata
from crosswheel.store.store import Store

__all__ = ["METADATA_FILE", "Key", "Manifest", "Store", "code_digest", "read_metadata", "write_metadata"]
