"""Running programs, which are stopped on interrupt; importing modules while one runs."""

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
"""Seconds between SIGTERM and SIGKILL."""


@dataclass(frozen=True, slots=True)
class ProcessRequest:
    """A program to run.

    :param argv: the program and its arguments.
    :param env: its complete environment; nothing is inherited.
    :param cwd: its working directory.
    :param stdin: text for its standard input; empty input if None.
    :param log: file to which standard output and error are appended; the result's ``stdout`` and ``stderr`` are
        then empty.
    :param timeout: seconds after which it is stopped; None for no limit.
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
    """Result of a program: exit status (negative: the signal that killed it), output and wall-clock seconds."""

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


class ProcessRunner(Protocol):
    """Runs programs."""

    def run(self, request: ProcessRequest) -> ProcessResult:
        """Run a program until it exits.

        :raises EnvironmentMissingError: if the program does not exist or cannot be started.
        """
        ...

    def stop(self) -> None:
        """Stop every running program, from any thread."""
        ...


class LocalRunner:
    """Runs programs on this machine, each in a process group of its own so that its children can be stopped too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()

    def stop(self) -> None:
        """See :meth:`Runner.stop`."""
        with self._lock:
            running = tuple(self._running)
        with ThreadPoolExecutor(max(1, len(running))) as pool:  # each may take up to GRACE seconds
            list(pool.map(_stop, running))

    @contextlib.contextmanager
    def _registered(self, process: subprocess.Popen[bytes]) -> Iterator[None]:
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
            stack.enter_context(self._registered(process))
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
    """Stop the whole process group: SIGTERM, then SIGKILL."""
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal_number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
            return


def _text(data: bytes | None) -> str:
    return "" if data is None else data.decode("utf-8", "replace")


def preload(*modules: str) -> None:
    """Import modules in a background thread, to save time while a started program runs."""

    def import_all() -> None:
        for module in modules:
            import_module(module)

    threading.Thread(target=import_all, name="preload", daemon=True).start()
