"""Telling a log what is going on: a line when something begins, another when it took long or failed."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_WORTH_SAYING = 2.0
"""Seconds after which a step's end is worth a line of its own."""


class LineProgress:
    """Implements :class:`crosswheel.host.Progress` in lines of text. Threads may use it side by side.

    :param stream: where they go; None for nowhere.
    :param verbose: show details too.
    :param clock: seconds that only ever grow.
    """

    def __init__(
        self, stream: TextIO | None, *, verbose: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream
        self._verbose = verbose
        self._clock = clock

    @contextlib.contextmanager
    def step(self, label: str) -> Iterator[None]:
        """See :meth:`crosswheel.host.Progress.step`."""
        started = self._clock()
        mark, style = "failed:", "red"
        try:
            with self._shown(label, started):
                yield
            mark, style = "done:", "green"
        finally:
            seconds = self._clock() - started
            if seconds >= _WORTH_SAYING or mark != "done:":
                self._line(f"{label} ({seconds:.1f} s)", mark, style)

    def note(self, text: str) -> None:
        """See :meth:`crosswheel.host.Progress.note`."""
        self._line(text, "note:", "yellow")

    def detail(self, text: str) -> None:
        """See :meth:`crosswheel.host.Progress.detail`."""
        if self._verbose:
            first, *more = text.splitlines() or [""]
            self._line(f"{first} ..." if more else first, style="dim")

    @contextlib.contextmanager
    def _shown(self, label: str, started: float) -> Iterator[None]:  # noqa: ARG002  # a terminal's clock runs
        """Show that a step runs."""
        self._line(f"{label} ...")
        yield

    def _line(self, text: str, mark: str = "", style: str = "") -> None:  # noqa: ARG002  # a log has no colours
        if self._stream is not None:
            self._stream.write(f"{mark} {text}\n" if mark else f"{text}\n")
            self._stream.flush()
