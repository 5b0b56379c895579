"""Packing a directory into an archive whose bytes depend on nothing but what is in it."""

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
"""1980-01-01, the time of every member, in seconds since 1970: the oldest that a zip archive can hold too."""


def pack_tar(directory: Path, archive: Path) -> Path:
    """Write what is in a directory into a ``.tar.gz``: in order of names, without owners and times.

    Of a file's permissions only whether it is executable is kept; symbolic links stay links.

    :raises StorageError: when the disk refuses.
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
    """The SHA-256 of what is in a directory: names, contents, links, and which files are executable; no times.

    :param ignored: patterns over names of files and directories that do not count.
    """
    whole = hashlib.sha256()
    for place, names, files in os.walk(directory):
        names[:] = sorted(name for name in names if not _matches(name, ignored))
        for name in sorted((*files, *(name for name in names if Path(place, name).is_symlink()))):
            if not _matches(name, ignored):
                path = Path(place, name)
                what = f"-> {path.readlink()}" if path.is_symlink() else f"{is_executable(path)} {sha256(path)}"
                whole.update(f"{path.relative_to(directory)}\0{what}\0".encode("utf-8", "surrogateescape"))
    return whole.hexdigest()


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def is_executable(path: Path) -> bool:
    """Whether a file's owner may run it."""
    return bool(path.stat().st_mode & 0o100)


_NO_LINKS = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.EACCES})


def clone_tree(source: Path, destination: Path) -> None:
    """Make ``destination``, which must not exist, the same as ``source``.

    Files are hard links where the file system has them, copies otherwise; symbolic links stay as they are. Who
    writes into a file of one writes into the other: replace files, as installers do.

    :raises StorageError: when the disk refuses.
    """
    with storage_errors(destination):
        _clone(str(source), str(destination))


def merge_tree(source: Path, destination: Path) -> None:
    """The same into a directory that may hold files already; of two files of one name the first stays.

    :raises StorageError: when the disk refuses.
    """
    with storage_errors(destination):
        _clone(str(source), str(destination), merge=True)


def _clone(source: str, destination: str, *, merge: bool = False) -> None:
    if not (merge and os.path.isdir(destination)):  # noqa: PTH112
        os.mkdir(destination)  # noqa: PTH102  # pathlib doubles the time of this loop
    with os.scandir(source) as entries:
        for entry in entries:
            twin = os.path.join(destination, entry.name)  # noqa: PTH118
            if entry.is_dir(follow_symlinks=False):
                _clone(entry.path, twin, merge=merge)
            elif merge and os.path.lexists(twin):
                continue
            elif entry.is_symlink():
                os.symlink(os.readlink(entry.path), twin)  # noqa: PTH115, PTH211
            else:
                _link(entry.path, twin)


def _link(source: str, twin: str) -> None:
    try:
        os.link(source, twin)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        shutil.copy2(source, twin)
