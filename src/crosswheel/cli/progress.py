"""Telling a log what is going on: a line when something begins, another when it took long or failed."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

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


_FRAMES_PER_SECOND = 8


@dataclass(eq=False, slots=True)
class _Step:
    """A step that runs."""

    label: str
    started: float
    spinner: Spinner = field(default_factory=lambda: Spinner("dots", style="cyan"))


class LiveProgress(LineProgress):
    """The same on a terminal: the steps that run are shown live, each with the time it has taken."""

    def __init__(self, console: Console, *, verbose: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(None, verbose=verbose, clock=clock)
        self._console = console
        self._lock = threading.Lock()
        self._running: list[_Step] = []
        self._live: Live | None = None

    @contextlib.contextmanager
    def _shown(self, label: str, started: float) -> Iterator[None]:
        step = _Step(label, started)
        self._begin(step)
        try:
            yield
        finally:
            self._end(step)

    def _begin(self, step: _Step) -> None:
        with self._lock:
            self._running.append(step)
            if self._live is None:
                self._live = Live(
                    console=self._console,
                    get_renderable=self._picture,
                    refresh_per_second=_FRAMES_PER_SECOND,
                    transient=True,
                    redirect_stdout=False,
                    redirect_stderr=False,
                )
                self._live.start()

    def _end(self, step: _Step) -> None:
        with self._lock:
            self._running.remove(step)
            finished, self._live = (None, self._live) if self._running else (self._live, None)
        if finished is not None:  # outside the lock: its thread may be drawing a last picture
            finished.stop()

    def _line(self, text: str, mark: str = "", style: str = "") -> None:
        line = Text(f"{mark} ", style=style) + Text(text) if mark else Text(text, style=style)
        self._console.print(line, soft_wrap=True, highlight=False)

    def _picture(self) -> Table:
        """The steps that run; a copy, since threads add to them meanwhile."""
        grid = Table.grid(padding=(0, 1))
        for step in tuple(self._running):
            grid.add_row(step.spinner, Text(step.label), Text(f"{self._clock() - step.started:.0f} s", style="dim"))
        return grid
