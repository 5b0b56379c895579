"""Directory trees: reproducible tar files, digests, copies by hard links."""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
import shutil
import tarfile
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.host.files import sha256, storage_errors

if TYPE_CHECKING:
    from collections.abc import Iterable

TIME = 315532800
"""1980-01-01 in seconds since 1970, the modification time of every member: the oldest a ZIP file supports."""


def pack_tar(directory: Path, archive: Path) -> Path:
    """Pack a directory into a reproducible ``.tar.gz``: sorted names, no owners, fixed times.

    Of a file's permissions only the executable bit is kept; symbolic links stay links.

    :raises StorageError: if the archive cannot be written.
    """
    with (
        storage_errors(archive),
        archive.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in sorted(directory.rglob("*")):
            _add(tar, path, str(path.relative_to(directory)))
    return archive


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    member = tarfile.TarInfo(name)
    member.mtime = TIME
    member.mode = 0o644 if path.is_symlink() or not is_executable(path) else 0o755
    if path.is_symlink():
        member.type, member.linkname = tarfile.SYMTYPE, str(path.readlink())
        tar.addfile(member)
    elif path.is_dir():
        member.type = tarfile.DIRTYPE
        tar.addfile(member)
    else:
        member.size = path.stat().st_size
        with path.open("rb") as content:
            tar.addfile(member, content)


def tree_digest(directory: Path, ignored: Iterable[str] = ()) -> str:
    """Return the SHA-256 of a directory's names, contents, links and executable bits; times are ignored.

    :param ignored: patterns of file and directory names to ignore.
    """
    digest = hashlib.sha256()
    for parent, names, files in os.walk(directory):
        names[:] = sorted(name for name in names if not _matches(name, ignored))
        for name in sorted((*files, *(name for name in names if Path(parent, name).is_symlink()))):
            if not _matches(name, ignored):
                path = Path(parent, name)
                content = f"-> {path.readlink()}" if path.is_symlink() else f"{is_executable(path)} {sha256(path)}"
                digest.update(f"{path.relative_to(directory)}\0{content}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def is_executable(path: Path) -> bool:
    """Whether a file's owner may execute it."""
    return bool(path.stat().st_mode & 0o100)


_NO_LINKS = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.EACCES})


def clone_tree(source: Path, destination: Path) -> None:
    """Copy a directory to ``destination``, which must not exist, by hard links.

    Files are copied where the file system does not support hard links; symbolic links stay as they are. Writing into a
    file of the copy changes the original: replace files instead, as installers do.

    :raises StorageError: if the destination cannot be written.
    """
    with storage_errors(destination):
        _clone(str(source), str(destination))


def copy_tree(source: Path, destination: Path) -> None:
    """Copy a directory to ``destination``, which must not exist, with files of its own.

    :raises StorageError: if the destination cannot be written.
    """
    with storage_errors(destination):
        shutil.copytree(source, destination, symlinks=True)


def merge_tree(source: Path, destination: Path) -> None:
    """Copy a directory into one that may contain files, by hard links; existing files are kept.

    :raises StorageError: if the destination cannot be written.
    """
    with storage_errors(destination):
        _clone(str(source), str(destination), merge=True)


def _clone(source: str, destination: str, *, merge: bool = False) -> None:
    if not (merge and os.path.isdir(destination)):  # noqa: PTH112
        os.mkdir(destination)  # noqa: PTH102  # pathlib takes twice the time
    with os.scandir(source) as entries:
        for entry in entries:
            target = os.path.join(destination, entry.name)  # noqa: PTH118
            if entry.is_dir(follow_symlinks=False):
                _clone(entry.path, target, merge=merge)
            elif merge and os.path.lexists(target):
                continue
            elif entry.is_symlink():
                os.symlink(os.readlink(entry.path), target)  # noqa: PTH115, PTH211
            else:
                _link(entry.path, target)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        shutil.copy2(source, target)
