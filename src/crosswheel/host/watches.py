"""Watching whether a file is opened, by any process (inotify(7), Linux only)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_IN_OPEN = 0x20
_IN_ONESHOT = 0x80000000


class OpenWatch:
    """Tells whether a file was opened since the watch began.

    :param descriptor: an inotify instance; negative if there is none.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._opened = False

    @property
    def opened(self) -> bool | None:
        """Whether the file was opened; None if that is not known."""
        if self._descriptor < 0:
            return None
        if not self._opened:
            with contextlib.suppress(BlockingIOError):
                self._opened = bool(os.read(self._descriptor, 4096))
        return self._opened


@contextlib.contextmanager
def watch_opening(file: Path) -> Iterator[OpenWatch]:
    """Watch a file for the duration of the block; without inotify, the watch knows nothing."""
    descriptor = _inotify(file)
    try:
        yield OpenWatch(descriptor)
    finally:
        if descriptor >= 0:
            # The kernel takes 10 ms to end a watch, which nothing has to wait for.
            threading.Thread(target=os.close, args=(descriptor,), name="end-watch").start()


def _inotify(file: Path) -> int:
    """Return a descriptor that becomes readable when the file is opened; negative if there can be none."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "inotify_init1"):
        return -1
    descriptor = int(libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
    if (
        descriptor >= 0
        and libc.inotify_add_watch(descriptor, os.fsencode(file), ctypes.c_uint32(_IN_OPEN | _IN_ONESHOT)) < 0
    ):
        os.close(descriptor)
        return -1
    return descriptor
