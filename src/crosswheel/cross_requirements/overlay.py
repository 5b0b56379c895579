"""What was decided of one build requirement."""

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
OVERLAY_LAYOUT = 1
"""Part of every key: changes with what is kept, and with how it is decided."""


class Origin(StrEnum):
    """Where the wheel is from that the build machine's was compared with."""

    INDEX = "index"
    BUILT = "built"
    WITNESS = "witness"


@dataclass(frozen=True, slots=True)
class OverlayRequest:
    """A build requirement that may have a target side.

    :param build_side: what tells the installed copy from others of this version.
    """

    name: str
    version: str
    build_side: str


class Overlay(msgspec.Struct, frozen=True):
    """What a build requirement has for the target.

    :param origin: which wheel it was compared with: the target's from the index or built by crosswheel, or those of
        other platforms, which showed that nothing depends on the platform.
    :param compared: the names of those wheels.
    :param difference: the first file that is not as on the build machine; empty if nothing differs.
    :param directory: where it is kept; not part of the record.
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
        """The target's files, laid out as in an environment; None where the build machine's serve."""
        place = Path(self.directory, _TREE)
        return place if place.is_dir() else None

    @property
    def wheels(self) -> Path | None:
        """The directory of the target's wheel, if it had to be built; there are other files beside it."""
        return Path(self.directory) if self.origin is Origin.BUILT else None

    @property
    def request(self) -> OverlayRequest:
        """What was asked."""
        return OverlayRequest(self.name, self.version, self.build_side)

    def write(self, directory: Path, files: dict[str, bytes], wheel: Path | None) -> None:
        """Keep it in an empty directory.

        :param files: the target's, if they are needed.
        :param wheel: the target's, if it was built: there is no other place to have it from.
        :raises StorageError: when the disk refuses.
        """
        if wheel is not None and self.origin is Origin.BUILT:
            move_into_place(wheel, directory / wheel.name)
        for path, data in files.items():
            write_atomic(directory / _TREE / path, data)
        record = msgspec.structs.replace(self, directory="")
        write_atomic(directory / OVERLAY_FILE, msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")

    @classmethod
    def read(cls, directory: Path) -> Overlay:
        """Read one that was kept.

        :raises StorageError: when it cannot be understood.
        """
        try:
            found = msgspec.json.decode((directory / OVERLAY_FILE).read_bytes(), type=cls)
        except (OSError, msgspec.DecodeError) as error:
            raise StorageError(f"an overlay cannot be read: {error}", where=directory) from error
        return msgspec.structs.replace(found, directory=str(directory))

    def as_json(self) -> dict[str, Any]:
        """It in plain values, for people."""
        return {"name": self.name, "version": self.version, "origin": self.origin.value, "difference": self.difference}
