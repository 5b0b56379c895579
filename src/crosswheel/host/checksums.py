"""Checksums of the files of a finished directory, in a file beside it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SUFFIX = ".sums"


def checksums_file(directory: Path) -> Path:
    """Return where the checksums of a directory are."""
    return directory.with_name(f".{directory.name}{_SUFFIX}")


def recorded_directories(root: Path, depth: int) -> Iterator[Path]:
    """Yield the directories below a directory, up to a depth, that have checksums."""
    for level in range(depth):
        for file in sorted(root.glob("/".join(["[!.]*"] * level + [f".*{_SUFFIX}"]))):
            directory = file.with_name(file.name.removeprefix(".").removesuffix(_SUFFIX))
            if directory.is_dir():
                yield directory


def checksums_of(directory: Path) -> str:
    """Return the checksums of all files of a directory, as sha256sum(1) prints them.

    :raises OSError: if a file cannot be read.
    """
    lines = []
    for parent, names, files in os.walk(directory):
        names.sort()
        for name in sorted(files):
            path = Path(parent, name)
            if path.is_file() and not path.is_symlink():
                lines.append(f"{_sha256(path)}  {path.relative_to(directory)}\n")
    return "".join(lines)


def damaged_file(directory: Path) -> str | None:
    """Return what differs from a directory's checksums first, None if nothing does.

    Files that were added are not damage: others are created in the directory of a toolchain when they are needed.
    """
    for line in checksums_file(directory).read_text("utf-8", "surrogateescape").splitlines():
        digest, _, name = line.partition("  ")
        path = directory / name
        if not path.is_file():
            return f"{name} is missing"
        if _sha256(path) != digest:
            return f"{name} was changed"
    return None


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
