"""Running programs, which are stopped on interrupt; importing modules while one runs."""

from __future__ import annotations

import contextlib
import shlex
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from typing import IO, TYPE_CHECKING, Protocol

from crosswheel.errors import EnvironmentMissingError, redact_passwords
from crosswheel.host.supervised import SupervisedProgram, Supervisor, SupervisorError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


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
    """Runs programs on this machine, which end with this process, however it ends.

    Each has a process group of its own, so that its children can be stopped too. They are started by a supervisor (see
    :mod:`crosswheel.host.supervisor`), which is started with the first of them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._supervisor: Supervisor | None = None
        self._running: set[SupervisedProgram] = set()

    def stop(self) -> None:
        """See :meth:`ProcessRunner.stop`."""
        with self._lock:
            running = tuple(self._running)
        with ThreadPoolExecutor(max(1, len(running))) as pool:  # each may take seconds
            list(pool.map(lambda program: program.stop(communicating=True), running))

    def run(self, request: ProcessRequest) -> ProcessResult:
        """See :meth:`ProcessRunner.run`."""
        started = time.monotonic()
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(request.log.open("ab")) if request.log else None
            try:
                program = self._start(request, output, stack)
                finished = self._communicate(program, request)
            except SupervisorError as error:
                raise EnvironmentMissingError(
                    f"the process that supervises {request.argv[0]} was killed", where=request.cwd, hint="run again"
                ) from error
            except OSError as error:
                raise EnvironmentMissingError(
                    f"cannot start {request.argv[0]}: {error.strerror}", where=request.cwd, hint="crosswheel doctor"
                ) from error
            if not finished:
                return ProcessResult(request, -signal.SIGTERM, "", "", time.monotonic() - started, timed_out=True)
        assert program.status is not None
        return ProcessResult(
            request, program.status, _text(program.stdout), _text(program.stderr), time.monotonic() - started
        )

    def _start(
        self, request: ProcessRequest, output: IO[bytes] | None, stack: contextlib.ExitStack
    ) -> SupervisedProgram:
        stdin = request.stdin.encode() if request.stdin is not None else None
        with self._lock:
            if self._supervisor is None or not self._supervisor.alive:
                self._supervisor = Supervisor()
            supervisor = self._supervisor
        program = supervisor.start(request.argv, request.env, request.cwd, stdin, output)
        stack.callback(program.close)
        return program

    def _communicate(self, program: SupervisedProgram, request: ProcessRequest) -> bool:
        """Wait for the end of a program; return False if it was stopped after the request's timeout."""
        with self._lock:
            self._running.add(program)
        try:
            finished = program.communicate(request.timeout)
        except BaseException:
            program.stop()
            raise
        finally:
            with self._lock:
                self._running.discard(program)
        if not finished:
            program.stop()
        return finished


def _text(data: bytearray) -> str:
    return data.decode("utf-8", "replace")


def preload(*modules: str) -> None:
    """Import modules in a background thread, to save time while a started program runs."""

    def import_all() -> None:
        for module in modules:
            import_module(module)

    threading.Thread(target=import_all, name="preload", daemon=True).start()
