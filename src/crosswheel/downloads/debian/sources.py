"""Upstream sources from Debian's source packages."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from crosswheel.downloads.debian.archive import DebianArchive
from crosswheel.downloads.debian.mirrors import MIRROR_VARIABLE
from crosswheel.errors import EnvironmentMissingError
from crosswheel.host.archives import unpack
from crosswheel.host.files import create_once, write_atomic

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from crosswheel.host import Host

_INDEX = "main/source/Sources.xz"


@dataclass(frozen=True, slots=True)
class SourcePackage:
    """The upstream archive of a source package, without Debian's patches.

    :param path: path relative to a mirror.
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
    """Download and unpack a package's upstream sources, verified by the suite's signed index, once.

    :returns: a directory to be read only.
    :raises SourceError: if the archive cannot be reached or verified.
    :raises EnvironmentMissingError: if there is no such source package.
    """
    archive = DebianArchive(host, suite, "source")
    package = _package(archive, name)
    if not (directory := _directory(host, package)).is_dir():
        with host.progress.step(f"downloading the sources of {name} from Debian {suite}"):
            fetched = archive.fetch_all(
                (package,), _INDEX, lambda text, missing: (_require_source(archive, text, name, missing),)
            )
            (other, packed) = fetched[0]
            if other != package:
                _write_cache(archive, other)
            directory = create_once(_directory(host, other), lambda directory: _unpack(packed, directory))
    return directory / "source"


def _directory(host: Host, package: SourcePackage) -> Path:
    return host.cache / "sources" / f"{package.name}-{package.version}-{package.sha256[:8]}"


def _unpack(packed: Path, directory: Path) -> None:
    unpack(packed, directory / "tree").rename(directory / "source")


def _package(archive: DebianArchive, name: str) -> SourcePackage:
    cache_file = _cache_file(archive, name)
    if cache_file.is_file():
        return SourcePackage(**json.loads(cache_file.read_text("utf-8")))
    package = _require_source(archive, archive.read_index(_INDEX), name)
    _write_cache(archive, package)
    return package


def _cache_file(archive: DebianArchive, name: str) -> Path:
    return archive.host.cache / "debian" / f"{archive.suite}-source-{name}.json"


def _write_cache(archive: DebianArchive, package: SourcePackage) -> None:
    write_atomic(_cache_file(archive, package.name), json.dumps(asdict(package), indent=1))


def _require_source(
    archive: DebianArchive, index: str, name: str, missing: AbstractSet[str] = frozenset()
) -> SourcePackage:
    package = find_source(index, name, missing)
    if package is None:
        raise EnvironmentMissingError(
            f"Debian {archive.suite} has no source package {name}", hint=f"set another mirror in {MIRROR_VARIABLE}"
        )
    return package


def find_source(index: str, name: str, missing: AbstractSet[str] = frozenset()) -> SourcePackage | None:
    """Return the last source package of a name in the text of a suite's ``Sources``.

    :param missing: builds to leave out; see :attr:`SourcePackage.build`.
    :returns: None if there is none, or none with an ``.orig.tar`` archive.
    """
    found = None
    for stanza in index.split("\n\n"):
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
