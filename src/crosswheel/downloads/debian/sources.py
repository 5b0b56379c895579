"""Sources as their authors released them, from Debian's source packages."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from crosswheel.downloads.debian.archive import DebianArchive
from crosswheel.errors import EnvironmentMissingError
from crosswheel.host.archives import unpack
from crosswheel.host.files import create_once, write_atomic

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from crosswheel.host import Host

_LISTING = "main/source/Sources.xz"


@dataclass(frozen=True, slots=True)
class SourcePackage:
    """The archive of a source package that its authors released, before Debian's changes.

    :param path: where it lies under the mirror.
    """

    name: str
    version: str
    path: str
    sha256: str

    @property
    def build(self) -> str:
        """Name and version."""
        return f"{self.name} {self.version}"


def fetch_source(host: Host, suite: str, name: str) -> Path:
    """The unpacked sources of a package, fetched and verified through the suite's signed index, once.

    :returns: a directory to be read only.
    :raises SourceError: when the archive cannot be reached or verified.
    :raises EnvironmentMissingError: when it has no such package.
    """
    archive = DebianArchive(host, suite, "source")
    package = _package(archive, name)
    if not (place := _place(host, package)).is_dir():
        with host.progress.step(f"fetching the sources of {name} from Debian {suite}, once"):
            fetched = archive.fetch_all(
                (package,), _LISTING, lambda text, missing: (_found(archive, text, name, missing),)
            )
            (other, packed) = fetched[0]
            if other != package:
                _keep(archive, other)
            place = create_once(_place(host, other), lambda directory: _unpack(packed, directory))
    return place / "source"


def _place(host: Host, package: SourcePackage) -> Path:
    return host.cache / "sources" / f"{package.name}-{package.version}-{package.sha256[:8]}"


def _unpack(packed: Path, directory: Path) -> None:
    unpack(packed, directory / "tree").rename(directory / "source")


def _package(archive: DebianArchive, name: str) -> SourcePackage:
    kept = _kept(archive, name)
    if kept.is_file():
        return SourcePackage(**json.loads(kept.read_text("utf-8")))
    found = _found(archive, archive.listing(_LISTING), name)
    _keep(archive, found)
    return found


def _kept(archive: DebianArchive, name: str) -> Path:
    return archive.host.cache / "debian" / f"{archive.suite}-source-{name}.json"


def _keep(archive: DebianArchive, package: SourcePackage) -> None:
    write_atomic(_kept(archive, package.name), json.dumps(asdict(package), indent=1))


def _found(archive: DebianArchive, listing: str, name: str, missing: AbstractSet[str] = frozenset()) -> SourcePackage:
    found = find_source(listing, name, missing)
    if found is None:
        raise EnvironmentMissingError(f"Debian {archive.suite} has no sources of {name}", hint="set another mirror")
    return found


def find_source(listing: str, name: str, missing: AbstractSet[str] = frozenset()) -> SourcePackage | None:
    """A source package in the text of a suite's ``Sources``, the last of that name.

    :param missing: builds to leave out; see :attr:`SourcePackage.build`.
    """
    found = None
    for stanza in listing.split("\n\n"):
        if not re.search(rf"^Package: {re.escape(name)}$", stanza, re.MULTILINE):
            continue
        fields = dict(re.findall(r"^([\w-]+): ?(.*(?:\n .*)*)$", stanza, re.MULTILINE))
        rows = [line.split() for line in fields["Checksums-Sha256"].splitlines() if line.strip()]
        original = next(((digest, file) for digest, _, file in rows if ".orig.tar." in file), None)
        if original is not None:
            path = f"{fields['Directory']}/{original[1]}"
            package = SourcePackage(name, fields["Version"], path, original[0])
            found = found if package.build in missing else package
    return found
