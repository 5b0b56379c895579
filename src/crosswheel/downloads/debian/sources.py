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


def fetch_source(host: Host, suite: str, name: str) -> Path:
    """The unpacked sources of a package, fetched and verified through the suite's signed index, once.

    :returns: a directory to be read only.
    :raises SourceError: when the archive cannot be reached or verified.
    :raises EnvironmentMissingError: when it has no such package.
    """
    archive = DebianArchive(host, suite, "source")
    package = _package(archive, name)
    place = host.cache / "sources" / f"{name}-{package.version}-{package.sha256[:8]}"

    def fill(directory: Path) -> None:
        packed = host.downloader.fetch(f"{archive.mirror}/{package.path}", sha256=package.sha256)
        unpack(packed, directory / "tree").rename(directory / "source")

    if not place.is_dir():
        with host.progress.step(f"fetching the sources of {name} from Debian {suite}, once"):
            create_once(place, fill)
    return place / "source"


def _package(archive: DebianArchive, name: str) -> SourcePackage:
    kept = archive.host.cache / "debian" / f"{archive.suite}-source-{name}.json"
    if kept.is_file():
        return SourcePackage(**json.loads(kept.read_text("utf-8")))
    found = find_source(archive.listing(_LISTING), name)
    if found is None:
        raise EnvironmentMissingError(f"Debian {archive.suite} has no sources of {name}", hint="set another mirror")
    write_atomic(kept, json.dumps(asdict(found), indent=1))
    return found


def find_source(listing: str, name: str) -> SourcePackage | None:
    """A source package in the text of a suite's ``Sources``, the last of that name."""
    found = None
    for stanza in listing.split("\n\n"):
        if not re.search(rf"^Package: {re.escape(name)}$", stanza, re.MULTILINE):
            continue
        fields = dict(re.findall(r"^([\w-]+): ?(.*(?:\n .*)*)$", stanza, re.MULTILINE))
        rows = [line.split() for line in fields["Checksums-Sha256"].splitlines() if line.strip()]
        original = next(((digest, file) for digest, _, file in rows if ".orig.tar." in file), None)
        if original is not None:
            path = f"{fields['Directory']}/{original[1]}"
            found = SourcePackage(name, fields["Version"], path, original[0])
    return found
