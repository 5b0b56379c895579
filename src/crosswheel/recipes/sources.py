"""Archives of sources as recipes name them: several places, one hash, patches."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import unquote, urlsplit

from crosswheel.downloads.debian.mirrors import fetch_file
from crosswheel.errors import CrosswheelError, SourceError, UnavailableError
from crosswheel.host.archives import unpack
from crosswheel.host.files import sha256, temporary_directory, write_atomic
from crosswheel.recipes.patches import apply_patch
from crosswheel.toml_models import StringOrList, Table, doc

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crosswheel.host import Host

_SHA256 = re.compile(r"[0-9a-f]{64}")
_POOL = "debian:"


class SourceArchive(Table, frozen=True, kw_only=True):
    """An archive of sources, by its hash."""

    urls: Annotated[
        StringOrList,
        doc(
            "Where it lies; the first place that has it serves. `debian:pool/...` is a path in Debian's archive; other "
            "paths start at the recipe's directory."
        ),
    ]
    sha256: Annotated[str, doc("Its SHA-256, in hexadecimal.")]
    directory: Annotated[str, doc("Its directory that holds the sources, if not the only one on top.")] = ""


class ExtraArchive(SourceArchive, frozen=True, kw_only=True):
    """A further archive that a library is built from, of a project of its own."""

    name: Annotated[str, doc("What it is called in bills of materials.")]
    version: Annotated[str, doc("Its version.")]
    homepage: Annotated[str, doc("Where it is at home.")]
    license: Annotated[str, doc("Its licence, as an SPDX expression.")]
    into: Annotated[str, doc("The directory of the sources that is made of it.")]


@dataclass(frozen=True)
class SourceChanges:
    """What a recipe makes of sources, read and ready.

    :param directory: of the archive, which holds the sources; empty for the only one on top.
    :param patches: unified diffs by their names, in order; ``files`` what is added, by paths in the sources.
    """

    directory: str = ""
    patches: tuple[tuple[str, bytes], ...] = ()
    files: tuple[tuple[str, bytes], ...] = ()

    def identity(self) -> dict[str, Any]:
        """What it is, for the key of whatever is made from it."""
        return {
            "directory": self.directory,
            "patches": [hashlib.sha256(text).hexdigest() for _, text in self.patches],
            "files": {name: hashlib.sha256(content).hexdigest() for name, content in self.files},
        }

    def apply(self, tree: Path) -> None:
        """Change a tree of sources.

        :raises SourceError: when a patch does not apply, or a file would lie outside.
        :raises StorageError: when the disk refuses.
        """
        for name, text in self.patches:
            apply_patch(tree, text, name)
        for name, content in self.files:
            write_atomic(resolve_inside(tree, name), content)


def fetch_archive(host: Host, archive: SourceArchive, directory: Path) -> Path:
    """A verified archive, from the first place that has it; kept, so that it is fetched once.

    :param directory: the recipe's, at which paths start.
    :raises UnavailableError: when none of its servers answers.
    :raises SourceError: when no place has it, or it is not what it should be there.
    """
    if not _SHA256.fullmatch(archive.sha256):
        raise SourceError(f"{archive.sha256!r} is no SHA-256 in hexadecimal", where=archive.urls[0])
    refusals = []
    unreachable = True
    for url in archive.urls:
        try:
            return _fetch(host, url, archive.sha256, directory)
        except CrosswheelError as error:
            refusals.append(f"{url}: {error.what}")
            unreachable = unreachable and isinstance(error, UnavailableError)
    kind = UnavailableError if unreachable else SourceError
    raise kind(
        "no place has these sources: " + "; ".join(refusals),
        where=directory,
        hint="add a mirror to urls; crosswheel recipe update moves version and hash",
    )


def fetch_parts(host: Host, parts: Iterable[ExtraArchive], directory: Path) -> tuple[tuple[ExtraArchive, Path], ...]:
    """Further archives, each with where it lies; see :func:`fetch_archive`."""
    return tuple((part, fetch_archive(host, part, directory)) for part in parts)


def _fetch(host: Host, url: str, digest: str, directory: Path) -> Path:
    if url.startswith(_POOL):
        return fetch_file(host, url.removeprefix(_POOL), sha256=digest)
    if "://" in url and not url.startswith("file://"):
        return host.downloader.fetch(url, sha256=digest)
    path = Path(unquote(urlsplit(url).path)) if "://" in url else resolve_inside(directory, url)
    if not path.is_file():
        raise SourceError("there is no such file", where=path)
    if sha256(path) != digest:
        raise SourceError(f"hash mismatch: expected sha256 {digest}, got {sha256(path)}", where=path)
    return path


def unpack_sources(
    archive: Path, changes: SourceChanges, destination: Path, parts: Iterable[tuple[ExtraArchive, Path]] = ()
) -> Path:
    """Sources as a recipe wants them: unpacked, the right directory, further archives in theirs, changed.

    :param destination: a new or empty directory.
    :returns: the directory in it that holds the sources.
    :raises SourceError: when the archive is unsafe, lacks the directory, or a patch does not apply.
    :raises StorageError: when the disk refuses.
    """
    tree = _chosen(unpack(archive, destination), destination, changes.directory, archive)
    for part, packed in parts:
        with temporary_directory(parent=destination) as top:
            place = resolve_inside(tree, part.into)
            if place.exists():
                raise SourceError(f"the sources have {part.into} already", where=archive)
            _chosen(unpack(packed, top / "part"), top / "part", part.directory, packed).rename(place)
    changes.apply(tree)
    return tree


def _chosen(single: Path, top: Path, directory: str, archive: Path) -> Path:
    """The directory that holds the sources; recipes name it from the archive's top, or from the only one there."""
    if not directory:
        return single
    for place in (resolve_inside(top, directory), resolve_inside(single, directory)):
        if place.is_dir():
            return place
    raise SourceError(f"the archive has no directory {directory}", where=archive)


def resolve_inside(directory: Path, name: str) -> Path:
    """A path of a recipe's own files.

    :raises SourceError: when it leads out of the recipe's directory.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise SourceError(f"{name} lies outside of the recipe's directory", where=directory)
    return directory / path
