"""What is published, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.version import Version

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.wheels.archive import WheelName


@dataclass(frozen=True, slots=True)
class PublishedWheel:
    """A wheel as an index tells of it.

    :param file_name: as it is spelled; ``project`` is the normalized name of what it installs.
    :param metadata: the bytes of its METADATA.
    :param requires: the requirements in there, with their markers.
    :param imports: the top-level modules it installs.
    """

    name: WheelName
    file_name: str
    project: str
    sha256: str
    size: int
    metadata: bytes
    requires_python: str
    requires: tuple[str, ...]
    imports: tuple[str, ...]

    @property
    def version(self) -> Version:
        """Its version, to compare and to sort by."""
        return Version(self.name.version)


@dataclass(frozen=True, slots=True)
class IndexResult:
    """What was made.

    :param projects: the wheels' file names by normalized project name.
    :param lock: the lock file; None when there is none.
    :param abi: the ABI of Pyodide it is for.
    :param locked: the file names of the wheels in it.
    :param notes: what to know about it.
    """

    directory: Path
    projects: dict[str, tuple[str, ...]]
    lock: Path | None = None
    abi: str | None = None
    locked: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The result in plain values."""
        return {
            "directory": str(self.directory),
            "index": str(self.directory / "simple"),
            "projects": {project: list(wheels) for project, wheels in self.projects.items()},
            "lock": str(self.lock) if self.lock else None,
            "abi": self.abi,
            "locked": list(self.locked),
            "notes": list(self.notes),
        }
