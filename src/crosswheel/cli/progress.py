"""Progress on standard error: lines of text for logs, a live display for terminals."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from crosswheel.cli.terminal import printable_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console
    from rich.live import Live
    from rich.spinner import Spinner
    from rich.table import Table

_LONG_STEP = 2.0
"""Duration in seconds from which the end of a step is printed."""


class LineProgress:
    """Writes :class:`crosswheel.host.Progress` as lines of text. Thread-safe.

    :param stream: the output; None for no output.
    :param verbose: whether to write details.
    :param clock: a monotonic clock, in seconds.
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
            if seconds >= _LONG_STEP or mark != "done:":
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
    def _shown(self, label: str, started: float) -> Iterator[None]:  # noqa: ARG002  # for LiveProgress
        """Show a step while it runs."""
        self._line(f"{label} ...")
        yield

    def _line(self, text: str, mark: str = "", style: str = "") -> None:  # noqa: ARG002  # for LiveProgress
        if self._stream is not None:
            line = printable_line(text)
            self._stream.write(f"{mark} {line}\n" if mark else f"{line}\n")
            self._stream.flush()


_FRAMES_PER_SECOND = 8


@dataclass(eq=False, slots=True)
class _Step:
    """A running step."""

    label: str
    started: float
    spinner: Spinner


class LiveProgress(LineProgress):
    """Shows running steps live on a terminal, each with its duration.

    rich is imported on use: that takes time, which logs do not need to spend.
    """

    def __init__(self, console: Console, *, verbose: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(None, verbose=verbose, clock=clock)
        self._console = console
        self._lock = threading.Lock()
        self._running: list[_Step] = []
        self._live: Live | None = None

    @contextlib.contextmanager
    def _shown(self, label: str, started: float) -> Iterator[None]:
        from rich.spinner import Spinner

        step = _Step(label, started, Spinner("dots", style="cyan"))
        self._begin(step)
        try:
            yield
        finally:
            self._end(step)

    def _begin(self, step: _Step) -> None:
        from rich.live import Live

        with self._lock:
            self._running.append(step)
            if self._live is None:
                self._live = Live(
                    console=self._console,
                    get_renderable=self._render,
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
        if finished is not None:  # outside the lock: stop() waits for the thread that renders
            finished.stop()

    def _line(self, text: str, mark: str = "", style: str = "") -> None:
        from rich.text import Text

        shown = printable_line(text)
        line = Text(f"{mark} ", style=style) + Text(shown) if mark else Text(shown, style=style)
        self._console.print(line, soft_wrap=True, highlight=False)

    def _render(self) -> Table:
        """Return the table of running steps, from a copy: other threads add steps."""
        from rich.table import Table
        from rich.text import Text

        grid = Table.grid(padding=(0, 1))
        for step in tuple(self._running):
            grid.add_row(
                step.spinner,
                Text(printable_line(step.label)),
                Text(f"{self._clock() - step.started:.0f} s", style="dim"),
            )
        return grid
