"""The wheels of an index: reading their metadata without unpacking them, and the index's result."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from email.parser import Parser
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name
from packaging.version import Version

from crosswheel.errors import AuditError
from crosswheel.host.archives import read_member, zip_members
from crosswheel.host.files import sha256
from crosswheel.object_files import is_module, read_binary
from crosswheel.wheels.archive import READ_ERRORS, WheelName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

_MAX_MEMBER = 512 << 20
"""Size of the metadata, and of modules whose symbols are read, in bytes."""


def read_published_wheel(path: Path) -> PublishedWheel:
    """Read a wheel's metadata.

    :raises AuditError: if it cannot be read, or is not a wheel.
    """
    name = WheelName.parse(path.name)
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename: info for info in zip_members(archive)}
            metadata = read_member(archive, members[_metadata(members, path)], _MAX_MEMBER)
            imports = top_level_modules(list(members), lambda name: read_member(archive, members[name], _MAX_MEMBER))
        digest, size = sha256(path), path.stat().st_size
    except READ_ERRORS as error:
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
        raise AuditError(f"the wheel has {len(found)} METADATA files; expected one", where=path)
    return found[0]


@dataclass(frozen=True, slots=True)
class PublishedWheel:
    """A wheel as described by an index.

    :param file_name: its original spelling; ``project`` is the normalized project name.
    :param metadata: contents of METADATA.
    :param requires: the values of Requires-Dist, with their markers.
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
        """Its parsed version."""
        return Version(self.name.version)


@dataclass(frozen=True, slots=True)
class IndexResult:
    """The files of an index.

    :param projects: wheel file names by normalized project name.
    :param lock: path of the lock file; None if there is none.
    :param abi: Pyodide ABI of the lock file.
    :param locked: file names of the wheels in the lock file.
    :param notes: notes for the user about the lock file.
    """

    directory: Path
    projects: dict[str, tuple[str, ...]]
    lock: Path | None = None
    abi: str | None = None
    locked: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON-compatible values."""
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
    """Return the sorted names of a wheel's top-level modules, by which Pyodide finds the package of an import.

    :param files: paths in the wheel.
    :param read: returns the contents of a file, where the path alone is not enough to decide.
    """
    found: set[str] = set()
    for file in files:
        path = _INSTALLED.sub("", file, count=1)
        top, slash, _ = path.partition("/")
        name = top if slash else top.partition(".")[0]
        packages = path.split("/")[1:-1]
        if name in found or not name.isidentifier() or not all(part.isidentifier() for part in packages):
            continue
        if path.endswith((".py", ".pyc")) or _EXTENSION.search(path) or _is_module(path, read, file):
            found.add(name)
    return tuple(sorted(found))


def _is_module(path: str, read: Callable[[str], bytes], file: str) -> bool:
    """Whether a file with the plain suffix ``.so`` is an extension module rather than a library."""
    if not path.endswith(".so"):
        return False
    binary = read_binary(read(file))
    return binary is not None and is_module(binary)
