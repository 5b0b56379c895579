"""Overlays: the target's files of one build requirement, and how they were determined."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from crosswheel.errors import StorageError
from crosswheel.host.files import move_into_place, write_atomic

OVERLAY_FILE = "overlay.json"
_TREE = "tree"
OVERLAY_LAYOUT = 2
"""Version of the stored files and of the method that determines them; part of every key."""


class Origin(StrEnum):
    """The wheel that the build machine's was compared with.

    ``index``: the target's, from the package index. ``built``: the target's, built by crosswheel. ``comparable``: those
    of other platforms.
    """

    INDEX = "index"
    BUILT = "built"
    COMPARABLE = "comparable"


@dataclass(frozen=True, slots=True)
class OverlayRequest:
    """An installed build requirement whose target files are needed.

    :param build_side: hash that distinguishes the installed build from others of the version.
    """

    name: str
    version: str
    build_side: str


class Overlay(msgspec.Struct, frozen=True):
    """The target's files of a build requirement.

    :param origin: which wheels it was compared with; ``comparable`` ones showed that no file depends on the platform.
    :param compared: the file names of those wheels.
    :param difference: the first file that differs from the build machine's; empty if none does.
    :param directory: where it is stored; not part of the stored record.
    """

    name: str
    version: str
    build_side: str
    origin: Origin
    compared: tuple[str, ...]
    difference: str = ""
    directory: str = ""

    @property
    def tree(self) -> Path | None:
        """The target's files, laid out as in an environment; None if the build machine's are the same."""
        tree = Path(self.directory, _TREE)
        return tree if tree.is_dir() else None

    @property
    def wheels(self) -> Path | None:
        """The directory of the target's wheel if it was built, otherwise None; it also contains other files."""
        return Path(self.directory) if self.origin is Origin.BUILT else None

    @property
    def request(self) -> OverlayRequest:
        """The request that the overlay answers."""
        return OverlayRequest(self.name, self.version, self.build_side)

    def write(self, directory: Path, files: dict[str, bytes], wheel: Path | None) -> None:
        """Store the overlay in an empty directory.

        :param files: the target's files, by path; empty if they are not needed.
        :param wheel: the target's wheel. It is stored only if it was built, as it cannot be fetched again.
        :raises StorageError: if files cannot be written.
        """
        if wheel is not None and self.origin is Origin.BUILT:
            move_into_place(wheel, directory / wheel.name)
        for path, data in files.items():
            write_atomic(directory / _TREE / path, data)
        record = msgspec.structs.replace(self, directory="")
        write_atomic(directory / OVERLAY_FILE, msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")

    @classmethod
    def read(cls, directory: Path) -> Overlay:
        """Read a stored overlay.

        :raises StorageError: if it cannot be read.
        """
        try:
            overlay = msgspec.json.decode((directory / OVERLAY_FILE).read_bytes(), type=cls)
        except (OSError, msgspec.DecodeError) as error:
            raise StorageError(f"an overlay cannot be read: {error}", where=directory) from error
        return msgspec.structs.replace(overlay, directory=str(directory))

    def as_json(self) -> dict[str, Any]:
        """Return the fields to report to users."""
        return {"name": self.name, "version": self.version, "origin": self.origin.value, "difference": self.difference}
