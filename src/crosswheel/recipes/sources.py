"""Source archives of recipes: download with mirrors and a hash, unpack, patch."""

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
    from collections.abc import Callable, Iterable

    from crosswheel.host import Host

_SHA256 = re.compile(r"[0-9a-f]{64}")
_POOL = "debian:"


class SourceArchive(Table, frozen=True, kw_only=True):
    """A source archive, identified by its hash."""

    urls: Annotated[
        StringOrList,
        doc(
            "URLs of the archive, tried in order. `debian:pool/...` is a path in Debian's archive; other paths are "
            "relative to the recipe's directory."
        ),
    ]
    sha256: Annotated[str, doc("The SHA-256 of the archive, in hexadecimal.")]
    directory: Annotated[str, doc("The directory of the sources in the archive; default the only top-level one.")] = ""
    members: Annotated[
        StringOrList,
        doc(
            "Files and directories to unpack, relative to the top-level directory of an archive with much else; "
            "default all."
        ),
    ] = StringOrList(())


class ExtraArchive(SourceArchive, frozen=True, kw_only=True):
    """A further source archive of a library, from another project."""

    name: Annotated[str, doc("The name in software bills of materials.")]
    version: Annotated[str, doc("The version.")]
    homepage: Annotated[str, doc("The URL of the project.")]
    license: Annotated[str, doc("The SPDX expression of the licence.")]
    into: Annotated[str, doc("The new directory in the sources to unpack it to.")]


@dataclass(frozen=True)
class SourceChanges:
    """The changes of a recipe to sources, with the contents of all files.

    :param directory: the directory of the sources in the archive; empty for the only top-level one.
    :param patches: names and contents of unified diffs, in order.
    :param files: paths in the sources and contents of added files.
    :param members: what is unpacked from the archive; empty for everything.
    """

    directory: str = ""
    patches: tuple[tuple[str, bytes], ...] = ()
    files: tuple[tuple[str, bytes], ...] = ()
    members: tuple[str, ...] = ()

    def identity(self) -> dict[str, Any]:
        """Return the changes' part of cache keys."""
        return {
            "directory": self.directory,
            "patches": [hashlib.sha256(text).hexdigest() for _, text in self.patches],
            "files": {name: hashlib.sha256(content).hexdigest() for name, content in self.files},
            **({"members": list(self.members)} if self.members else {}),
        }

    def apply(self, tree: Path, remark: Callable[[str], object] = str) -> None:
        """Apply the changes to a source directory.

        :param remark: called with a sentence for each hunk of a patch that has moved.
        :raises SourceError: if a patch does not apply, or a file would be outside of the directory.
        :raises StorageError: if a file cannot be written.
        """
        for name, text in self.patches:
            apply_patch(tree, text, name, remark)
        for name, content in self.files:
            write_atomic(resolve_inside(tree, name), content)


def fetch_archive(host: Host, archive: SourceArchive, directory: Path) -> Path:
    """Return a verified archive, downloaded from the first URL that has it and cached.

    :param directory: the directory to which paths in the recipe are relative.
    :raises UnavailableError: if no server responds.
    :raises SourceError: if no URL has the archive, or its hash differs.
    """
    if not _SHA256.fullmatch(archive.sha256):
        raise SourceError(f"{archive.sha256!r} is no SHA-256 in hexadecimal", where=archive.urls[0])
    failures = []
    unreachable = True
    for url in archive.urls:
        try:
            return _fetch(host, url, archive.sha256, directory)
        except CrosswheelError as error:
            failures.append(f"{url}: {error.what}")
            unreachable = unreachable and isinstance(error, UnavailableError)
    kind = UnavailableError if unreachable else SourceError
    raise kind(
        "the sources are not available: " + "; ".join(failures),
        where=directory,
        hint="add a mirror to urls, or run crosswheel recipe update",
    )


def fetch_extra_sources(
    host: Host, parts: Iterable[ExtraArchive], directory: Path
) -> tuple[tuple[ExtraArchive, Path], ...]:
    """Fetch further archives; see :func:`fetch_archive`."""
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
    archive: Path,
    changes: SourceChanges,
    destination: Path,
    parts: Iterable[tuple[ExtraArchive, Path]] = (),
    remark: Callable[[str], object] = str,
) -> Path:
    """Unpack sources and further archives, and apply the recipe's changes.

    :param destination: a new or empty directory.
    :param parts: further archives and their files.
    :param remark: see :meth:`SourceChanges.apply`.
    :returns: the directory of the sources in ``destination``.
    :raises SourceError: if the archive is unsafe or lacks the directory, or a patch does not apply.
    :raises StorageError: if a file cannot be written.
    """
    top = unpack(archive, destination, members=changes.members)
    tree = _source_directory(top, destination, changes.directory, archive)
    for part, part_archive in parts:
        with temporary_directory(parent=destination) as work:
            directory = resolve_inside(tree, part.into)
            if directory.exists():
                raise SourceError(f"the sources already contain {part.into}", where=archive)
            inner = unpack(part_archive, work / "part", members=part.members)
            _source_directory(inner, work / "part", part.directory, part_archive).rename(directory)
    changes.apply(tree, remark)
    return tree


def _source_directory(single: Path, top: Path, directory: str, archive: Path) -> Path:
    """Return the directory of the sources: named from the archive's top level, or from the only directory there."""
    if not directory:
        return single
    for path in (resolve_inside(top, directory), resolve_inside(single, directory)):
        if path.is_dir():
            return path
    raise SourceError(f"the archive has no directory {directory}", where=archive)


def resolve_inside(directory: Path, name: str) -> Path:
    """Return the path of a file named by a recipe.

    :raises SourceError: if it is outside of the directory.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise SourceError(f"{name} is outside of the recipe's directory", where=directory)
    return directory / path
