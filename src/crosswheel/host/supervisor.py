"""The supervisor: a process that starts crosswheel's programs, and kills what is left of them when crosswheel ends.

``python -I -S supervisor.py DESCRIPTOR``. The descriptor is a socket to crosswheel. The kernel closes its other end
however crosswheel ends, SIGKILL included; the supervisor has a session of its own, so that a signal to crosswheel's
process group does not reach it.

It is the parent of all programs and a subreaper (prctl(2)): a process below it whose parent ends becomes its child,
also a daemon in another session. So all that was started is found, without privileges and without marks in the
environment, and no process identifier is used that could belong to another process by now. Not killed is what runs as
another user (``sudo``).

One message on the socket, of one byte with four descriptors, requests a program: a channel, and the program's standard
input, output and error. On the channel follow NUL-terminated strings: the number of those after it, the working
directory, the number of arguments, the arguments, the variables (``NAME=value``). The supervisor answers by one line,
``failed ERRNO`` or ``exited STATUS``. Until then, a byte on the channel is a signal for the program's process group.
Closing the channel kills the group.

It imports little, to start fast, and runs outside of crosswheel's package.
"""

from __future__ import annotations

import ctypes
import errno
import os
import select
import signal
import socket
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_IGNORED_BY_PYTHON = [signal.SIGPIPE, signal.SIGXFSZ]
_PR_SET_CHILD_SUBREAPER = 36
_PATIENCE = 10.0
"""Seconds after which processes that cannot be killed are left."""
_INTERVAL = 20
"""Milliseconds between searches for new children."""
_DESCRIPTORS = 4


class Supervisor:
    """Starts programs and reaps them.

    :param requests: the socket to crosswheel.
    """

    def __init__(self, requests: socket.socket) -> None:
        requests.set_inheritable(False)
        self._requests = requests
        self._channels: dict[int, socket.socket] = {}
        self._programs: dict[int, int] = {}  # process identifier to descriptor of the channel
        self._stopping: set[int] = set()
        self._poll = select.poll()
        self._children_ended, wakeup = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
        prctl = getattr(ctypes.CDLL(None), "prctl", lambda *_: -1)  # not on macOS
        prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def serve(self) -> None:
        """Start programs until crosswheel closes the socket or ends; then kill what is left."""
        self._poll.register(self._requests, select.POLLIN)
        self._poll.register(self._children_ended, select.POLLIN)
        crosswheel_runs = True
        while crosswheel_runs:
            for descriptor, _ in self._poll.poll():
                if descriptor == self._requests.fileno():
                    crosswheel_runs = self._accept()
                elif descriptor == self._children_ended:
                    self._drain()
                else:
                    self._forward_signals(descriptor)
            self._reap()
        self._kill_all()

    def _accept(self) -> bool:
        """Start a requested program; return False if crosswheel has closed the socket."""
        try:
            message, descriptors, _, _ = socket.recv_fds(self._requests, 1, _DESCRIPTORS)
        except ConnectionError:
            return False
        if not message:
            return False
        for descriptor in descriptors:  # received ones are inheritable: recv_fds ignores its flags
            os.set_inheritable(descriptor, False)  # noqa: FBT003
        channel = socket.socket(fileno=descriptors[0])
        try:
            if strings := _receive(channel):
                self._start(channel, strings, descriptors[1:])
        finally:
            for descriptor in descriptors[1:]:
                os.close(descriptor)
        return True

    def _start(self, channel: socket.socket, strings: list[bytes], streams: list[int]) -> None:
        directory, count, *rest = strings
        arguments, variables = rest[: int(count)], rest[int(count) :]
        try:
            self._programs[_spawn(arguments, variables, directory, streams)] = channel.fileno()
        except OSError as error:
            _send(channel, f"failed {error.errno}\n")
        self._channels[channel.fileno()] = channel
        self._poll.register(channel, select.POLLIN)

    def _forward_signals(self, descriptor: int) -> None:
        channel = self._channels[descriptor]
        program = next((pid for pid, used in self._programs.items() if used == descriptor), None)
        try:
            signals = channel.recv(64)
        except ConnectionError:
            signals = b""
        if program is not None:
            self._stopping.add(program)
            for number in signals or [signal.SIGKILL]:
                _signal(os.killpg, program, number)
        if not signals:
            self._poll.unregister(channel)
            del self._channels[descriptor]
            if program is not None:
                self._programs[program] = -1
            channel.close()

    def _reap(self) -> bool:
        """Collect the children that ended: programs, and orphans of programs; return whether others are left."""
        try:
            # Not waitpid: the identifier must stay valid until the rest of a stopped program's group is killed.
            while ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                child = ended.si_pid
                if child in self._stopping:
                    self._stopping.discard(child)
                    _signal(os.killpg, child, signal.SIGKILL)
                _, status = os.waitpid(child, 0)
                if channel := self._channels.get(self._programs.pop(child, -1)):
                    _send(channel, f"exited {os.waitstatus_to_exitcode(status)}\n")
        except ChildProcessError:
            return False
        return True

    def _drain(self) -> None:
        try:
            os.read(self._children_ended, 4096)
        except BlockingIOError:
            return

    def _kill_all(self) -> None:
        """Kill all processes below this one, generation by generation: children of the killed become children."""
        for program in self._programs:
            _signal(os.killpg, program, signal.SIGKILL)
        poll = select.poll()
        poll.register(self._children_ended, select.POLLIN)
        deadline = time.monotonic() + _PATIENCE
        while self._reap() and time.monotonic() < deadline:
            for child in _children():
                _signal(os.kill, child, signal.SIGKILL)
            poll.poll(_INTERVAL)
            self._drain()


def _spawn(arguments: list[bytes], variables: list[bytes], directory: bytes, streams: list[int]) -> int:
    """Start a program by posix_spawn, which costs less than fork.

    :raises OSError: if it cannot be started.
    """
    environment = dict(entry.split(b"=", 1) for entry in variables)
    actions = [(os.POSIX_SPAWN_DUP2, descriptor, target) for target, descriptor in enumerate(streams)]
    program = arguments[0]
    search_path = environment.get(b"PATH", os.defpath.encode())
    directories = [b""] if b"/" in program else search_path.split(b":")
    failure = OSError(errno.ENOENT, os.strerror(errno.ENOENT))
    os.chdir(directory)
    try:
        for path in directories:
            try:
                return os.posix_spawn(
                    os.path.join(path, program),  # noqa: PTH118  # pathlib takes long to import
                    arguments,
                    environment,
                    file_actions=actions,
                    setsid=True,
                    setsigdef=_IGNORED_BY_PYTHON,
                )
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                failure = error
        raise failure
    finally:
        os.chdir("/")


def _receive(channel: socket.socket) -> list[bytes]:
    """Return the strings of a request; none if crosswheel ends meanwhile."""
    data = bytearray()
    count = -1
    while data.count(b"\0") <= count or count < 0:
        try:
            chunk = channel.recv(1 << 16)
        except ConnectionError:
            chunk = b""
        if not chunk:
            return []
        data += chunk
        if count < 0 and b"\0" in data:
            count = int(data.partition(b"\0")[0])
    return bytes(data).split(b"\0")[1:-1]


def _send(channel: socket.socket, line: str) -> None:
    try:
        channel.sendall(line.encode())
    except ConnectionError:
        return


def _signal(send: Callable[[int, int], None], process: int, number: int) -> None:
    try:
        send(process, number)
    except (ProcessLookupError, PermissionError):  # ended, or of another user
        return


def _children() -> list[int]:
    """Return the processes whose parent is this one."""
    own = str(os.getpid()).encode()
    children = []
    with os.scandir("/proc") as entries:
        for entry in entries:
            if not entry.name.isdecimal():
                continue
            try:
                with open(f"{entry.path}/stat", "rb") as stream:  # noqa: PTH123  # pathlib takes long to import
                    # pid (program) state parent …: the program's name may contain anything.
                    parent = stream.read().rpartition(b")")[2].split()[1]
            except OSError:
                continue
            if parent == own:
                children.append(int(entry.name))
    return children


if __name__ == "__main__":
    Supervisor(socket.socket(fileno=int(sys.argv[1]))).serve()
