"""Telling a person at a terminal, or a log, what is going on."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

_FRAMES_PER_SECOND = 8
_WORTH_SAYING = 2.0
"""Seconds after which a step's end is worth a line of its own."""


@dataclass(eq=False, slots=True)
class _Step:
    """A step that runs."""

    label: str
    started: float
    spinner: Spinner = field(default_factory=lambda: Spinner("dots", style="cyan"))


class ConsoleProgress:
    """Implements :class:`crosswheel.host.Progress` on a console.

    On a terminal the steps that run are shown live, each with the time it has taken; elsewhere a step is a line
    when it begins. A step that took long, or failed, leaves a line with its time. Threads may use it side by side.

    :param verbose: show details too.
    :param clock: seconds that only ever grow.
    """

    def __init__(self, console: Console, *, verbose: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._verbose = verbose
        self._clock = clock
        self._lock = threading.Lock()
        self._running: list[_Step] = []
        self._live: Live | None = None

    @contextlib.contextmanager
    def step(self, label: str) -> Iterator[None]:
        """See :meth:`crosswheel.host.Progress.step`."""
        step = _Step(label, self._clock())
        self._begin(step)
        mark, style = "failed:", "red"
        try:
            yield
            mark, style = "done:", "green"
        finally:
            self._end(step)
            seconds = self._clock() - step.started
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

    def _begin(self, step: _Step) -> None:
        with self._lock:
            self._running.append(step)
            if self._console.is_terminal and self._live is None:
                self._live = Live(
                    console=self._console,
                    get_renderable=self._picture,
                    refresh_per_second=_FRAMES_PER_SECOND,
                    transient=True,
                    redirect_stdout=False,
                    redirect_stderr=False,
                )
                self._live.start()
        if not self._console.is_terminal:
            self._line(f"{step.label} ...")

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
