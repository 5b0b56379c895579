"""Downloading and verifying the source of a request."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from crosswheel.errors import SourceError, UsageError, redact_passwords
from crosswheel.host.archives import unpack
from crosswheel.host.files import sha256, temporary_directory, write_atomic
from crosswheel.sources.directory import read_directory
from crosswheel.sources.find_sdist import find_sdist
from crosswheel.sources.git import clone, split_ref
from crosswheel.sources.index_session import make_downloader
from crosswheel.sources.index_settings import IndexSettings
from crosswheel.sources.model import (
    FALLBACK_EPOCH,
    Source,
    SourceKind,
    SourceRequest,
    directory_hint,
    newest_time,
    source_date_epoch,
    split_url_hash,
)
from crosswheel.sources.project import read_project
from crosswheel.sources.repository import commit_time
from crosswheel.sources.static_metadata import read_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.requirements import Requirement

    from crosswheel.host import Host
    from crosswheel.host.downloads import Downloader


def fetch_source(
    host: Host, request: SourceRequest, settings: IndexSettings, work: Path, constraints: Iterable[Requirement] = ()
) -> Source:
    """Find, download and verify a source, without running any of its code.

    :param work: a directory that must exist as long as the source is used.
    :raises SourceError: if the source cannot be found, downloaded or verified.
    """
    epoch = host.environ.get("SOURCE_DATE_EPOCH")
    origin = redact_passwords(request.location)
    if request.kind is SourceKind.REQUIREMENT:
        assert request.requirement is not None
        try:
            with host.progress.step(f"looking up {request.text}"):
                label, url, archive = find_sdist(host, request.requirement, settings, constraints)
        except SourceError as error:
            error.hint = "; ".join(filter(None, (directory_hint(request.text), error.hint))) or None
            raise
        return source_from_archive(host, archive, label, url)
    if request.kind is SourceKind.ARCHIVE:
        archive = _download_archive(make_downloader(host, settings), request.location, work)
        return source_from_archive(host, archive, _stem(archive.name), origin)
    if request.kind is SourceKind.VCS:
        tree = work / "clone"
        commit = clone(host, request.location, tree)
        name, origin = _stem(split_ref(request.location)[0].rpartition("/")[2]), f"{origin} at {commit}"
        label = f"{name}-{commit[:10]}"
    else:
        tree = Path(request.location)
        label, origin = tree.name, str(tree)
        _check_configuration(tree)
    time = source_date_epoch(epoch, lambda: commit_time(host, tree) or FALLBACK_EPOCH)
    directory = read_directory(host, tree, work)
    return Source(_printable(label), tree, None, origin, time, directory=directory, project=read_name(tree))


def _check_configuration(tree: Path) -> None:
    """Raise an error if the configuration of the user's own project is invalid, before anything else is done for it.

    :raises UsageError: if pyproject.toml is invalid.
    """
    if (tree / "pyproject.toml").is_file():
        try:
            read_project(tree)
        except SourceError as error:
            raise UsageError(error.what, where=error.where, hint=error.hint) from error


def _printable(name: str) -> str:
    """Return a name without control characters and bytes that are no text, for labels."""
    return "".join(letter if letter.isprintable() else "-" for letter in name)


def _download_archive(downloads: Downloader, location: str, work: Path) -> Path:
    bare, expected = split_url_hash(location)
    if not bare.startswith(("http://", "https://", "file://")):
        return Path(location)
    path = Path(unquote(urlsplit(bare).path))
    if bare.startswith("file://"):
        archive = path
    elif expected:
        return downloads.fetch(bare, sha256=expected)
    elif path.name in {"", ".."}:
        raise SourceError("the URL has no file name", where=location)
    else:
        archive = write_atomic(work / path.name, downloads.read_bytes(bare))
    if not archive.is_file():
        raise SourceError("file not found", where=location)
    if expected and sha256(archive) != expected:
        raise SourceError(f"hash mismatch: expected sha256 {expected}, got {sha256(archive)}", where=location)
    return archive


def source_from_archive(host: Host, archive: Path, label: str, origin: str) -> Source:
    """Return the source in an archive.

    :raises SourceError: if it cannot be read.
    """

    def newest_file_time() -> int:
        cache_file = host.cache / "sdists" / "newest" / digest
        if not cache_file.is_file():
            with temporary_directory() as work:
                write_atomic(cache_file, str(newest_time(unpack(archive, work / "tree"))))
        return int(cache_file.read_text("utf-8"))

    try:
        digest = sha256(archive)
    except OSError as error:
        raise SourceError(f"cannot read the archive: {error.strerror}", where=archive) from error
    return Source(
        label, archive, digest, origin, source_date_epoch(host.environ.get("SOURCE_DATE_EPOCH"), newest_file_time)
    )


def _stem(name: str) -> str:
    for suffix in (".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".zip", ".git"):
        name = name.removesuffix(suffix)
    return name
