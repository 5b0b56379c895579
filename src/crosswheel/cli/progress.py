"""Progress for people: a line per step on a terminal while it runs, plain lines elsewhere, nothing when quiet."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORTH_SAYING = 2.0
"""Seconds after which the end of a step is told as well."""


class ConsoleProgress:
    """Implements :class:`crosswheel.host.progress.Progress` on standard error.

    :param verbosity: -1 quiet, 0 steps and notes, 1 details too.
    """

    def __init__(self, verbosity: int) -> None:
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._verbosity = verbosity
        self._running: list[str] = []
        self._status: Status | None = None
        self._lock = threading.Lock()

    @contextmanager
    def step(self, label: str) -> Iterator[None]:
        """See :meth:`Progress.step`."""
        started = time.monotonic()
        self._show(label, begun=True)
        try:
            yield
        finally:
            self._show(label, begun=False)
            seconds = time.monotonic() - started
            if self._verbosity >= 0 and seconds >= _WORTH_SAYING:
                self._console.print(f"[dim]{label}: {seconds:.1f} s[/dim]")

    def note(self, text: str) -> None:
        """See :meth:`Progress.note`."""
        if self._verbosity >= 0:
            self._console.print(text, markup=False)

    def detail(self, text: str) -> None:
        """See :meth:`Progress.detail`."""
        if self._verbosity > 0:
            self._console.print(text, markup=False, style="dim")

    def _show(self, label: str, *, begun: bool) -> None:
        """Several builds run at once and a terminal has one live line: it names all that is running."""
        with self._lock:
            self._running.append(label) if begun else self._running.remove(label)
            if self._verbosity < 0 or not self._console.is_terminal:
                return
            if self._running and self._status is None:
                self._status = self._console.status("")
                self._status.start()
            if self._status is not None and not self._running:
                self._status.stop()
                self._status = None
            elif self._status is not None:
                shown = (
                    self._running[-1] if len(self._running) == 1 else f"{len(self._running)} steps: {self._running[-1]}"
                )
                self._status.update(shown)
