"""What is in an artifact, file by file, so that it can be told whether it still is."""

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
"""Changes with what a manifest says; entries of another layout are as good as absent."""


class ManifestEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file or link: its size in bytes and SHA-256, or where the link leads."""

    size: int = 0
    sha256: str = ""
    executable: bool = False
    link: str = ""


class Manifest(msgspec.Struct, frozen=True):
    """What an artifact is, what it was made from, and its files by their paths in it."""

    layout: int
    kind: str
    name: str
    key: str
    inputs: dict[str, Any]
    files: dict[str, ManifestEntry]

    @classmethod
    def create(cls, key: Key, content: Path) -> Manifest:
        """The manifest of what was just made."""
        files = {name: _file(content / name) for name in _names(content)}
        return cls(LAYOUT, key.kind, key.name, key.digest, dict(key.inputs), files)

    @classmethod
    def read(cls, path: Path) -> Manifest | None:
        """A manifest from a file; None if there is none, or none that can be understood."""
        try:
            found = msgspec.json.decode(path.read_bytes(), type=cls)
        except (OSError, msgspec.DecodeError):
            return None
        return found if found.layout == LAYOUT else None

    def encoded(self) -> bytes:
        """The same as JSON, for people too."""
        return msgspec.json.format(msgspec.json.encode(self, order="sorted"), indent=1) + b"\n"

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(file.size for file in self.files.values())

    def damage(self, content: Path) -> str | None:
        """What is not as it was made, in words; None when all of it is. Every byte is read."""
        present = set(_names(content))
        if missing := sorted(self.files.keys() - present):
            return f"{missing[0]} is missing"
        if surplus := sorted(present - self.files.keys()):
            return f"{surplus[0]} was added"
        changed = (name for name, file in self.files.items() if not _same(content / name, file))
        return next((f"{name} was changed" for name in changed), None)


def _names(content: Path) -> Iterator[str]:
    """Files and links by their paths, in order."""
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
    """Whether a file is what it was; whether it may be run is not looked at, as disks differ in that."""
    if path.is_symlink() or file.link:
        return path.is_symlink() and str(path.readlink()) == file.link
    return path.stat().st_size == file.size and sha256(path) == file.sha256


METADATA_FILE = "about.json"
"""The file that holds them."""


def write_metadata(content: Path, about: dict[str, Any]) -> None:
    """Put values into the directory of an artifact that is being made.

    :raises StorageError: when the disk refuses.
    """
    write_atomic(content / METADATA_FILE, json.dumps(about, indent=1))


def read_metadata(content: Path) -> dict[str, Any]:
    """The values in the directory of an artifact."""
    about: dict[str, Any] = json.loads((content / METADATA_FILE).read_text("utf-8"))
    return about
