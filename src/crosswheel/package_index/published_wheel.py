"""Reading what an index says of a wheel, without unpacking it."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from email.parser import Parser
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name
from packaging.version import Version

from crosswheel.errors import AuditError
from crosswheel.host.archives import zip_members
from crosswheel.host.files import sha256
from crosswheel.object_files import is_module, read_binary
from crosswheel.wheels.archive import WheelName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from crosswheel.wheels.archive import WheelName


def read_published_wheel(path: Path) -> PublishedWheel:
    """Read a wheel.

    :raises AuditError: when it cannot be read, or is none.
    """
    name = WheelName.parse(path.name)
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename: info for info in zip_members(archive)}
            metadata = archive.read(members[_metadata(members, path)])
            imports = top_level_modules(list(members), lambda name: archive.read(members[name]))
        digest, size = sha256(path), path.stat().st_size
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise AuditError(f"the wheel cannot be read: {error}", where=path) from error
    headers = Parser().parsestr(metadata.decode("utf-8", "replace"), headersonly=True)
    return PublishedWheel(
        name=name,
        file_name=path.name,
        project=canonicalize_name(name.name),
        sha256=digest,
        size=size,
        metadata=metadata,
        requires_python=str(headers.get("Requires-Python", "")).strip(),
        requires=tuple(str(value) for value in headers.get_all("Requires-Dist", [])),
        imports=imports,
    )


def _metadata(names: Iterable[str], path: Path) -> str:
    found = [file for file in names if file.count("/") == 1 and file.endswith(".dist-info/METADATA")]
    if len(found) != 1:
        raise AuditError(f"{len(found)} METADATA files instead of one", where=path)
    return found[0]


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


_INSTALLED = re.compile(r"[^/]+\.data/(?:platlib|purelib)/")
_EXTENSION = re.compile(r"\.(?:cpython-[^/]+|abi3)\.so$")


def top_level_modules(files: Iterable[str], read: Callable[[str], bytes]) -> tuple[str, ...]:
    """The names, sorted.

    :param files: the paths in the wheel.
    :param read: gives the bytes of one, asked for what only its contents can tell.
    """
    found: set[str] = set()
    for file in files:
        place = _INSTALLED.sub("", file, count=1)
        top, slash, _ = place.partition("/")
        name = top if slash else top.partition(".")[0]
        inside = place.split("/")[1:-1]
        if name in found or not name.isidentifier() or not all(part.isidentifier() for part in inside):
            continue
        if place.endswith((".py", ".pyc")) or _EXTENSION.search(place) or _is_module(place, read, file):
            found.add(name)
    return tuple(sorted(found))


def _is_module(place: str, read: Callable[[str], bytes], file: str) -> bool:
    """Whether a file with the plainest suffix is a module, rather than a library."""
    if not place.endswith(".so"):
        return False
    binary = read_binary(read(file))
    return binary is not None and is_module(binary)
