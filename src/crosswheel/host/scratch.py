"""The scratch directory of this process, and what is unfinished elsewhere: removed by the next process after a kill.

The scratch directory is in the directory for temporary files and holds a lock while its process lives. The next
crosswheel process removes those of its user whose lock is free, and the unfinished files and directories that they
record: in the cache, the store and the output directory. Others are not touched.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import shutil
import tempfile
import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = "crosswheel-"
_NAME = re.compile(re.escape(_PREFIX) + r"[a-z0-9_]{8}")
_LOCK = ".lock"
_UNFINISHED = ".unfinished"
"""Directory of symbolic links to what is unfinished elsewhere."""


class _Scratch:
    """A scratch directory, removed with this object or at the end of the process."""

    def __init__(self, parent: Path) -> None:
        _sweep(parent)
        while True:
            self.root = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent)).resolve()
            with contextlib.suppress(FileNotFoundError, BlockingIOError):  # swept before it was locked
                lock = os.open(self.root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                _try_lock(lock)
                if os.path.samestat(os.fstat(lock), (self.root / _LOCK).stat()):
                    break
        (self.root / _UNFINISHED).mkdir()
        self._remove = weakref.finalize(self, _end, self.root, lock, os.getpid())


_of_process: dict[Path, _Scratch] = {}
"""By the parent directory. Locks belong to the process, so these do too."""
_guard = threading.Lock()


def scratch_directory(parent: Path | None = None) -> Path:
    """Return this process's scratch directory, created if necessary.

    :param parent: the directory that contains it; default: the directory for temporary files.
    :raises OSError: if it cannot be created.
    """
    parent = parent or Path(tempfile.gettempdir())
    with _guard:
        for scratch in _of_process.values():
            if scratch.root == parent:
                return parent
        if parent not in _of_process or not _of_process[parent].root.is_dir():
            _of_process[parent] = _Scratch(parent)
        return _of_process[parent].root


def temporary_parent() -> Path:
    """Return the directory for temporary files that outlive this process."""
    default = Path(tempfile.gettempdir())
    return next((parent for parent, scratch in _of_process.items() if scratch.root == default), default)


def is_temporary(path: str) -> bool:
    """Whether a path is in a scratch directory of this process, and so ends with it."""
    return any(Path(path).is_relative_to(scratch.root) for scratch in tuple(_of_process.values()))


@contextlib.contextmanager
def private_temporary_files() -> Iterator[None]:
    """Let this process, libraries included, and its programs use the scratch directory for temporary files.

    Changes the environment, so it is for programs, not for functions that a program calls.
    """
    outside = os.environ.get("TMPDIR")
    try:
        directory = str(scratch_directory())
    except OSError:  # there is none that can be written; what needs it reports that
        yield
        return
    os.environ["TMPDIR"] = tempfile.tempdir = directory
    try:
        yield
    finally:
        tempfile.tempdir = None
        if outside is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = outside


@contextlib.contextmanager
def unfinished(destination: Path) -> Iterator[Path]:
    """Return a hidden path beside a file or directory, to create it there and rename it when it is complete.

    What is left there is removed: after the block, or by the next process if this one is killed.

    :param destination: its directory must exist.
    :raises OSError: if the scratch directory cannot be created.
    """
    token = secrets.token_hex(4)
    path = destination.absolute().with_name(f".{destination.name}.{token}.part")
    record = scratch_directory() / _UNFINISHED / token
    record.symlink_to(path)
    try:
        yield path
    finally:
        _remove(path)
        record.unlink(missing_ok=True)


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


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
        return
    remove_tree(path)


def _try_lock(descriptor: int) -> None:
    """Lock a file.

    :raises BlockingIOError: if another process has locked it.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise
    except OSError:  # a file system without locks: nothing is swept there
        return


def _end(root: Path, lock: int, process: int) -> None:
    if os.getpid() == process:  # not in a fork of it
        _clear(root)
        os.close(lock)


def _sweep(parent: Path) -> None:
    """Remove the scratch directories of this user whose processes have ended, and what they record."""
    with contextlib.suppress(OSError), os.scandir(parent) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                if (
                    _NAME.fullmatch(entry.name)
                    and entry.is_dir(follow_symlinks=False)
                    and entry.stat(follow_symlinks=False).st_uid == os.geteuid()
                ):
                    _sweep_one(Path(entry.path))


def _sweep_one(root: Path) -> None:
    try:
        lock = os.open(root / _LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        root.rmdir()  # only if it is empty: created by a process that was killed at once
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for record in (root / _UNFINISHED).iterdir() if (root / _UNFINISHED).is_dir() else ():
            path = record.readlink()
            if path.name.startswith(".") and path.name.endswith(f".{record.name}.part"):
                _remove(path)
        _clear(root)
    finally:
        os.close(lock)


def _clear(root: Path) -> None:
    """Remove a scratch directory, its lock last: what has none is not removed by others."""
    with contextlib.suppress(OSError):
        for path in root.iterdir():
            if path.name not in {_LOCK, _UNFINISHED}:
                _remove(path)
        remove_tree(root / _UNFINISHED)
        if {path.name for path in root.iterdir()} <= {_LOCK}:  # else a later process tries again
            (root / _LOCK).unlink(missing_ok=True)
            root.rmdir()
