"""Atomic creation of files and directories, temporary directories, removal."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from crosswheel.errors import StorageError

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
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            part.chmod(mode)
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    return path


def move_into_place(source: Path, destination: Path) -> Path:
    """Move a finished file to its destination, atomically even across file systems.

    :raises StorageError: if it cannot be written.
    """
    with storage_errors(destination):
        destination.parent.mkdir(parents=True, exist_ok=True)
        part = destination.with_name(f".{destination.name}.{os.getpid()}.{threading.get_native_id()}.part")
        try:
            shutil.copyfile(source, part)
            part.replace(destination)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    return destination


def create_once(directory: Path, make: Callable[[Path], None]) -> Path:
    """Create a directory once, under a lock; later calls return it, to be read only.

    :param make: fills the empty directory that it is passed; if it raises, nothing remains.
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
            with temporary_directory(parent=directory.parent, prefix=f".{directory.name}.") as part:
                make(part)
                part.chmod(0o755)
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

    :raises StorageError: if it cannot be created.
    """
    with storage_errors(parent or Path(tempfile.gettempdir())):
        path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent)).resolve()
    try:
        yield path
    finally:
        if not keep:
            remove_tree(path)


def remove_tree(path: Path) -> None:
    """Remove a directory with its content, read-only parts included; do nothing if it is absent."""
    if not path.exists():
        return
    with contextlib.suppress(OSError):
        shutil.rmtree(path)
        return
    _allow_removal(path)
    shutil.rmtree(path, ignore_errors=True)


def _allow_removal(path: Path) -> None:
    """Make all directories writable; not files, which may be hard links, nor targets of symbolic links."""
    with contextlib.suppress(OSError):
        path.chmod(0o700)
        for directory, names, _ in os.walk(path):
            for inner in (Path(directory, name) for name in names):
                if not inner.is_symlink():
                    inner.chmod(0o700)
