"""Programs started by the supervisor process, which kills them when crosswheel ends, however it ends."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GRACE = 3.0
"""Seconds between SIGTERM and SIGKILL."""
_CHUNK = 1 << 16


class SupervisorError(Exception):
    """The supervisor was killed, and all programs with it."""


class Supervisor:
    """The connection to a supervisor process, which is started now and ends with this object or this process."""

    def __init__(self) -> None:
        self._socket, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        script = Path(__file__).with_name("supervisor.py")
        with other:
            self._process = subprocess.Popen(
                (sys.executable, "-I", "-S", str(script), str(other.fileno())),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(other.fileno(),),
                start_new_session=True,
            )
        self._close = weakref.finalize(self, _end, self._socket, self._process)

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def start(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        cwd: Path,
        stdin: bytes | None,
        output: IO[bytes] | None,
    ) -> SupervisedProgram:
        """Start a program in a session of its own.

        :param stdin: its standard input; empty if None.
        :param output: the file for standard output and error; None to capture them.
        :raises ValueError: if an argument or a variable contains a null character.
        :raises SupervisorError: if the supervisor does not run.
        """
        strings = [os.fsencode(cwd.absolute()), str(len(argv)).encode(), *map(os.fsencode, argv)]
        strings += [os.fsencode(name) + b"=" + os.fsencode(value) for name, value in env.items()]
        if any(b"\0" in string for string in strings):
            raise ValueError("embedded null byte")
        channel, other = socket.socketpair()
        program = SupervisedProgram(channel, stdin)
        with contextlib.ExitStack() as stack:
            stack.enter_context(other)
            streams = program.open_streams(output, stack)
            try:
                socket.send_fds(self._socket, [b"\0"], [other.fileno(), *streams])
                channel.sendall(b"".join(part + b"\0" for part in (str(len(strings)).encode(), *strings)))
            except BaseException as error:  # the supervisor waits for the rest of a request
                program.close()
                if isinstance(error, ConnectionError):
                    raise SupervisorError from error
                raise
        return program


def _end(connection: socket.socket, process: subprocess.Popen[bytes]) -> None:
    connection.close()
    process.wait()


class SupervisedProgram:
    """A running program.

    One thread calls :meth:`communicate`; any thread may call :meth:`stop`.

    :ivar status: its exit status, negative for a signal; None while it runs.
    :ivar stdout: what was captured.
    :ivar stderr: what was captured.
    """

    def __init__(self, channel: socket.socket, stdin: bytes | None) -> None:
        self.status: int | None = None
        self.stdout = bytearray()
        self.stderr = bytearray()
        self._channel = channel
        self._input = memoryview(stdin) if stdin is not None else None
        self._answer = b""
        self._exited = threading.Event()
        self._selector = selectors.DefaultSelector()
        self._selector.register(channel, selectors.EVENT_READ)

    def open_streams(self, output: IO[bytes] | None, stack: contextlib.ExitStack) -> tuple[int, int, int]:
        """Return the descriptors of the program's standard streams, which the stack closes in this process."""

        def pipe(*, to_program: bool, data: bytearray | None) -> int:
            read, write = os.pipe()
            own, other = (write, read) if to_program else (read, write)
            stack.callback(os.close, other)
            os.set_blocking(own, False)
            self._selector.register(own, selectors.EVENT_WRITE if to_program else selectors.EVENT_READ, data)
            return other

        if self._input is None:
            stdin = os.open(os.devnull, os.O_RDONLY)
            stack.callback(os.close, stdin)
        else:
            stdin = pipe(to_program=True, data=None)
        if output is not None:
            return stdin, output.fileno(), output.fileno()
        return stdin, pipe(to_program=False, data=self.stdout), pipe(to_program=False, data=self.stderr)

    def communicate(self, timeout: float | None = None) -> bool:
        """Pass the input, and collect the output until the program has exited and closed it.

        :returns: False if the timeout, in seconds, expired first.
        :raises OSError: if the program could not be started.
        :raises SupervisorError: if the supervisor was killed.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while self._selector.get_map():
            # The channel stays open: after the exit, its end means that the output is not waited for any more.
            if self.status is not None and len(self._selector.get_map()) == 1:
                return True
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return False
            for key, _ in self._selector.select(left):
                if key.fileobj is self._channel:
                    if not self._receive():
                        return True
                elif isinstance(key.data, bytearray):
                    self._read(key.fd, key.data)
                else:
                    self._write(key.fd)
        return True

    def stop(self, *, communicating: bool = False) -> None:
        """Stop its process group: SIGTERM, then SIGKILL.

        :param communicating: whether another thread calls :meth:`communicate`; that call returns.
        """
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._exited.is_set():
                break
            with contextlib.suppress(OSError):
                self._channel.send(bytes([number]))
            if communicating:
                self._exited.wait(GRACE)
            else:
                self._wait(GRACE)
        with contextlib.suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Kill its process group if it runs, and release what belongs to it."""
        for key in list(self._selector.get_map().values()):
            if key.fileobj is not self._channel:
                self._forget(key.fd)
        self._selector.close()
        self._channel.close()

    def _wait(self, timeout: float) -> None:
        """Wait for the exit, ignoring the output."""
        for key in list(self._selector.get_map().values()):
            if key.fileobj is not self._channel:
                self._forget(key.fd)
        with contextlib.suppress(SupervisorError):
            self.communicate(timeout)

    def _receive(self) -> bool:
        """Read the supervisor's answer; return False if :meth:`stop` ended the conversation."""
        try:
            chunk = self._channel.recv(_CHUNK)
        except ConnectionError:
            chunk = b""
        if not chunk:
            if self.status is None:
                self._exited.set()
                raise SupervisorError
            return False
        self._answer += chunk
        if self._answer.endswith(b"\n"):
            kind, number = self._answer.split()
            self._answer = b""
            if kind == b"failed":
                self._exited.set()
                raise OSError(int(number), os.strerror(int(number)))
            self.status = int(number)
            self._exited.set()
        return True

    def _read(self, descriptor: int, data: bytearray) -> None:
        with contextlib.suppress(BlockingIOError):
            chunk = os.read(descriptor, _CHUNK)
            data += chunk
            if not chunk:
                self._forget(descriptor)

    def _write(self, descriptor: int) -> None:
        assert self._input is not None
        try:
            self._input = self._input[os.write(descriptor, self._input[:_CHUNK]) :] if self._input else self._input
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._input = self._input[:0]
        if not self._input:
            self._forget(descriptor)

    def _forget(self, descriptor: int) -> None:
        self._selector.unregister(descriptor)
        os.close(descriptor)
