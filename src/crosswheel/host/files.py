"""Atomic creation of files and directories, temporary directories, removal."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from crosswheel.errors import StorageError
from crosswheel.host.checksums import checksums_file, checksums_of
from crosswheel.host.scratch import remove_tree, scratch_directory, temporary_parent, unfinished

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CHUNK = 1 << 20


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextlib.contextmanager
def storage_errors(where: Path) -> Iterator[None]:
    """Convert errors of the operating system to errors with a hint.

    :raises StorageError: if the disk is full, read-only or not writable by this user, a file is where a
        directory should be, or the file is too large.
    """
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageError(
                "no space left on device", where=where, hint="free some space, then run again"
            ) from error
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EFBIG}:
            raise StorageError(f"cannot write: {error.strerror}", where=error.filename or where) from error
        raise


_NAME_LENGTH = 120
"""Characters of a label in a name: file systems allow 255 bytes, with what is added to it."""


def plain_name(label: str) -> str:
    """Return a label as a part of file names: ASCII letters, digits and ``._+-``, not too long."""
    return re.sub(r"[^A-Za-z0-9_.+-]+", "-", label)[:_NAME_LENGTH].strip("-")


def hard_link(source: Path, destination: Path) -> None:
    """Link a program to another path, or copy it where the file system does not allow links."""
    try:
        destination.hardlink_to(source)
    except OSError:
        destination.write_bytes(source.read_bytes())
        destination.chmod(0o755)


def read_log(log: Path) -> str:
    """Return the text of a log; empty if it was not written."""
    return log.read_text("utf-8", "replace") if log.is_file() else ""


def make_unique_dir(path: Path) -> Path:
    """Create and return a new directory: ``path``, or with a number appended if it exists.

    :raises StorageError: if it cannot be created.
    """
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        number, directory = 1, path
        while True:
            try:
                directory.mkdir()
            except FileExistsError:
                number += 1
                directory = path.with_name(f"{path.name}-{number}")
            else:
                return directory


def write_atomic(path: Path, data: bytes | str, *, mode: int = 0o644) -> Path:
    """Write a file atomically: readers see the old content or the new one, never a part.

    :raises StorageError: if it cannot be written.
    """
    content = data.encode() if isinstance(data, str) else data
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished(path) as part:
            part.write_bytes(content)
            part.chmod(mode)
            part.replace(path)
    return path


def move_into_place(source: Path, destination: Path) -> Path:
    """Move a finished file to its destination, atomically even across file systems.

    :raises StorageError: if it cannot be written.
    """
    with storage_errors(destination):
        destination.parent.mkdir(parents=True, exist_ok=True)
        with unfinished(destination) as part:
            shutil.copyfile(source, part)
            part.replace(destination)
    return destination


def create_once(directory: Path, make: Callable[[Path], None], *, recorded: bool = True) -> Path:
    """Create a directory once, under a lock; later calls return it, to be read only.

    :param make: fills the empty directory that it is passed; if it raises, nothing remains.
    :param recorded: whether the checksums of its files are kept beside it, for ``crosswheel cache verify``.
    :returns: ``directory``.
    :raises StorageError: if it cannot be written.
    """
    if directory.is_dir():
        return directory
    with storage_errors(directory):
        directory.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(directory.with_name(f".{directory.name}.lock")):
            if directory.is_dir():
                return directory
            with unfinished(directory) as part:
                part.mkdir(mode=0o700)
                make(part)
                part.chmod(0o755)
                if recorded:
                    checksums_file(directory).write_text(checksums_of(part), "utf-8", "surrogateescape")
                part.rename(directory)
    return directory


def temp_dir_without_blanks() -> Path | None:
    """Return a directory for temporary files whose path has no blanks, which make and configure do not support.

    :returns: None if the default directory has no blanks.
    """
    default = tempfile.gettempdir()
    candidates = (Path(path) for path in ("/tmp", "/var/tmp"))  # noqa: S108  # only if the default is unusable
    return next((path for path in candidates if path.is_dir()), None) if " " in default else None


@contextlib.contextmanager
def temporary_directory(
    *, parent: Path | None = None, prefix: str = "crosswheel-", keep: bool = False
) -> Iterator[Path]:
    """Create a temporary directory that is removed afterwards, unless ``keep`` is set or it was moved.

    If this process is killed, the next one removes it.

    :param parent: a directory for temporary files, or another temporary directory; default: the usual one.
    :raises StorageError: if it cannot be created.
    """
    with storage_errors(parent or Path(tempfile.gettempdir())):
        if keep:
            parent = parent or temporary_parent()
            prefix = f"{prefix}kept-"
        elif parent is None or parent == temp_dir_without_blanks():
            parent = scratch_directory(parent)
        path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent)).resolve()
    try:
        yield path
    finally:
        if not keep:
            remove_tree(path)
