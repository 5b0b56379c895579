"""Files and directories that appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
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
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextlib.contextmanager
def storage_errors(where: Path) -> Iterator[None]:
    """Turn the operating system's refusals into an error a person can act on.

    :raises StorageError: when the disk is full, read-only or not ours, or a file too big for it.
    """
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageError("no space left on the disk", where=where, hint="free some, then run again") from error
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EFBIG}:
            raise StorageError(f"cannot write: {error.strerror}", where=error.filename or where) from error
        raise


def make_unique_dir(path: Path) -> Path:
    """A new directory that nobody else has: ``path``, or with a number after its name where that is taken.

    :raises StorageError: when the disk refuses.
    """
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        number, place = 1, path
        while True:
            try:
                place.mkdir()
            except FileExistsError:
                number += 1
                place = path.with_name(f"{path.name}-{number}")
            else:
                return place


def write_atomic(path: Path, data: bytes | str, *, mode: int = 0o644) -> Path:
    """Write a file so that others see the old content or the new one, never a part.

    :raises StorageError: when the disk refuses.
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
    """Move a finished file to its place, atomically even from another file system.

    :raises StorageError: when the disk refuses.
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
    """A directory that is filled once, by whichever process comes first, and then only read.

    :param make: fills the empty directory it is given; when it raises, nothing remains.
    :returns: ``directory``.
    :raises StorageError: when the disk refuses.
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
    """Where temporary files go if no blank is in that path; make and configure know no paths with blanks.

    :returns: None where the usual place will do.
    """
    usual = tempfile.gettempdir()
    places = (Path(place) for place in ("/tmp", "/var/tmp"))  # noqa: S108  # only where the usual one cannot be used
    return next((place for place in places if place.is_dir()), None) if " " in usual else None


@contextlib.contextmanager
def temporary_directory(
    *, parent: Path | None = None, prefix: str = "crosswheel-", keep: bool = False
) -> Iterator[Path]:
    """A temporary directory that is gone afterwards, unless it is to be kept or was moved away.

    :raises StorageError: when the disk refuses.
    """
    with storage_errors(parent or Path(tempfile.gettempdir())):
        path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent)).resolve()
    try:
        yield path
    finally:
        if not keep:
            remove_tree(path)


def remove_tree(path: Path) -> None:
    """Remove a directory and what is in it, read-only parts too; absent is fine."""
    if not path.exists():
        return
    with contextlib.suppress(OSError):
        shutil.rmtree(path)
        return
    _allow_removal(path)
    shutil.rmtree(path, ignore_errors=True)


def _allow_removal(path: Path) -> None:
    """Make every directory writable; files, which may have other names elsewhere, and what links lead to stay."""
    with contextlib.suppress(OSError):
        path.chmod(0o700)
        for directory, names, _ in os.walk(path):
            for inner in (Path(directory, name) for name in names):
                if not inner.is_symlink():
                    inner.chmod(0o700)
