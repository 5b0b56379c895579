"""The content of an artifact: its files with their hashes, and its metadata."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from crosswheel.host.files import sha256, write_atomic
from crosswheel.host.trees import is_executable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswheel.store.key import Key

LAYOUT = 1
"""Version of the manifest's format; entries of another layout are ignored."""


class ManifestEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file or link: size in bytes, SHA-256 and executable bit, or the link's target."""

    size: int = 0
    sha256: str = ""
    executable: bool = False
    link: str = ""


class Manifest(msgspec.Struct, frozen=True):
    """The identity of an artifact, its inputs, and its files by path."""

    layout: int
    kind: str
    name: str
    key: str
    inputs: dict[str, Any]
    files: dict[str, ManifestEntry]

    @classmethod
    def create(cls, key: Key, content: Path) -> Manifest:
        """Create the manifest of a finished artifact."""
        files = {name: _file(content / name) for name in _names(content)}
        return cls(LAYOUT, key.kind, key.name, key.digest, dict(key.inputs), files)

    @classmethod
    def read(cls, path: Path) -> Manifest | None:
        """Read a manifest from a file; return None if there is none or it is invalid."""
        try:
            manifest = msgspec.json.decode(path.read_bytes(), type=cls)
        except (OSError, msgspec.DecodeError):
            return None
        return manifest if manifest.layout == LAYOUT else None

    def encoded(self) -> bytes:
        """Return the manifest as indented JSON."""
        return msgspec.json.format(msgspec.json.encode(self, order="sorted"), indent=1) + b"\n"

    @property
    def size(self) -> int:
        """Total size of the files, in bytes."""
        return sum(file.size for file in self.files.values())

    def damage(self, content: Path) -> str | None:
        """Compare every byte with the manifest; return a description of the first difference, or None."""
        present = set(_names(content))
        if missing := sorted(self.files.keys() - present):
            return f"{missing[0]} is missing"
        if surplus := sorted(present - self.files.keys()):
            return f"{surplus[0]} was added"
        changed = (name for name, file in self.files.items() if not _same(content / name, file))
        return next((f"{name} was changed" for name in changed), None)


def _names(content: Path) -> Iterator[str]:
    """Yield the paths of files and links, in order."""
    for directory, names, files in os.walk(content):
        names.sort()
        links = [name for name in names if Path(directory, name).is_symlink()]
        for name in sorted((*files, *links)):
            yield str(Path(directory, name).relative_to(content))


def _file(path: Path) -> ManifestEntry:
    if path.is_symlink():
        return ManifestEntry(link=str(path.readlink()))
    return ManifestEntry(path.stat().st_size, sha256(path), is_executable(path))


def _same(path: Path, file: ManifestEntry) -> bool:
    """Whether a file is unchanged; the executable bit is ignored, as file systems differ in it."""
    if path.is_symlink() or file.link:
        return path.is_symlink() and str(path.readlink()) == file.link
    return path.stat().st_size == file.size and sha256(path) == file.sha256


METADATA_FILE = "about.json"
"""Name of the metadata file in an artifact."""


def write_metadata(content: Path, metadata: dict[str, Any]) -> None:
    """Write metadata into the directory of an artifact that is being created.

    :raises StorageError: if it cannot be written.
    """
    write_atomic(content / METADATA_FILE, json.dumps(metadata, indent=1))


def read_metadata(content: Path) -> dict[str, Any]:
    """Return the metadata in the directory of an artifact."""
    metadata: dict[str, Any] = json.loads((content / METADATA_FILE).read_text("utf-8"))
    return metadata
