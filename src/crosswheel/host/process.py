"""Running programs: a request goes in, an outcome comes out, and nothing is left running on interrupt."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from typing import IO, TYPE_CHECKING, Protocol

from crosswheel.errors import EnvironmentMissingError, redact_passwords

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

GRACE = 3.0
"""Seconds a program gets to end by itself after it was asked to."""


@dataclass(frozen=True, slots=True)
class ProcessRequest:
    """A program to run.

    :param argv: the program and its arguments.
    :param env: its whole environment; nothing is inherited.
    :param cwd: the directory it runs in.
    :param stdin: text for its standard input; empty input when None.
    :param log: a file to which both its output streams are appended as they come; the outcome's
        ``stdout`` and ``stderr`` are then empty.
    :param timeout: seconds after which it is stopped, None for no limit.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    stdin: str | None = None
    log: Path | None = None
    timeout: float | None = None

    def __str__(self) -> str:
        return redact_passwords(shlex.join(self.argv))


@dataclass(frozen=True, slots=True)
class ProcessResult:
    """How a program ended: its exit status (negative: the signal that killed it), output and wall seconds."""

    request: ProcessRequest
    status: int
    stdout: str
    stderr: str
    seconds: float
    timed_out: bool = False

    @property
    def ok(self) -> bool:
        """Whether it exited with status 0."""
        return self.status == 0


class Runner(Protocol):
    """Runs programs."""

    def run(self, request: ProcessRequest) -> ProcessResult:
        """Run it to its end.

        :raises EnvironmentMissingError: when the program does not exist or cannot be started.
        """
        ...

    def stop(self) -> None:
        """End every program that runs now, whichever thread waits for it."""
        ...


class LocalRunner:
    """Runs programs on this machine, each in its own process group so that all of it can be stopped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()

    def stop(self) -> None:
        """See :meth:`Runner.stop`."""
        with self._lock:
            running = tuple(self._running)
        with ThreadPoolExecutor(max(1, len(running))) as pool:  # each may take its time to end
            list(pool.map(_stop, running))

    @contextlib.contextmanager
    def _known(self, process: subprocess.Popen[bytes]) -> Iterator[None]:
        with self._lock:
            self._running.add(process)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(process)

    def run(self, request: ProcessRequest) -> ProcessResult:
        """See :meth:`Runner.run`."""
        started = time.monotonic()
        with contextlib.ExitStack() as stack:
            output: IO[bytes] | int = stack.enter_context(request.log.open("ab")) if request.log else subprocess.PIPE
            process = stack.enter_context(_start(request, output))
            stack.enter_context(self._known(process))
            try:
                out, err = process.communicate(
                    request.stdin.encode() if request.stdin is not None else None, timeout=request.timeout
                )
            except subprocess.TimeoutExpired:
                _stop(process)
                return ProcessResult(request, -signal.SIGTERM, "", "", time.monotonic() - started, timed_out=True)
            except BaseException:
                _stop(process)
                raise
        return ProcessResult(request, process.returncode, _text(out), _text(err), time.monotonic() - started)


def _start(request: ProcessRequest, output: IO[bytes] | int) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            request.argv,
            env=dict(request.env),
            cwd=request.cwd,
            stdin=subprocess.DEVNULL if request.stdin is None else subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT if request.log else subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise EnvironmentMissingError(
            f"cannot start {request.argv[0]}: {error.strerror}", where=request.cwd, hint="crosswheel doctor"
        ) from error


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the whole process group, first politely."""
    for wish in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, wish)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
            return


def _text(data: bytes | None) -> str:
    return "" if data is None else data.decode("utf-8", "replace")


def preload(*modules: str) -> None:
    """Import modules in a thread of their own; whoever needs one earlier imports it as always."""

    def work() -> None:
        for module in modules:
            import_module(module)

    threading.Thread(target=work, name="import-ahead", daemon=True).start()
