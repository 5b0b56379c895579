"""Answering wrapper calls: a thread inside crosswheel that turns each into a plan while the build runs."""

from __future__ import annotations

import os
import shlex
import socketserver
import threading
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from crosswheel.errors import CrosswheelError
from crosswheel.toolchains.command_line import expand_response_files
from crosswheel.toolchains.gcc_target_pragma import translate_plan
from crosswheel.toolchains.model import Call, Plan, add_user_flags
from crosswheel.toolchains.tool_names import LINK_CHECKER

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.toolchains.model import CallSettings, LinkCheck, TargetToolchain, Tool


class CallServer:
    """Answers the wrappers of one build on a Unix socket, each call in a thread of its own.

    :param prover: the path of the wrapper that is run in place of commands that prove something.
    """

    def __init__(
        self,
        place: Path,
        kit: TargetToolchain,
        settings: CallSettings,
        names: Mapping[str, Tool],
        log: Path,
        *,
        prover: str,
    ) -> None:
        self.settings = settings
        self._kit, self._names = kit, names
        self._log, self._prover = log, prover
        self._proofs: dict[tuple[str, tuple[str, ...]], LinkCheck] = {}
        self._place = place.parent
        self._lock = threading.Lock()
        self._server = _listening(place, self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, name: str, directory: str, arguments: tuple[str, ...]) -> Plan:
        """The plan for a call, with what it needs made ready and a record in the log."""
        if name == LINK_CHECKER:
            return self._proven(directory, arguments)
        said = Call(self._names[name], expand_response_files(arguments, directory), directory)
        call = add_user_flags(said, self.settings.user_flags)
        try:
            plan = self._kit.plan(call, self.settings)
            if self._kit.compiler_id == "clang":
                plan = translate_plan(plan, call, self._place / "gcc-options")
            for part in plan.requires:
                self._kit.build_component(part)
        except CrosswheelError as error:
            plan = Plan(output=f"crosswheel: error: {error}\n", status=1, notes=(str(error),))
        self._record(name, call, plan)
        return self._asking(plan, directory)

    def _asking(self, plan: Plan, directory: str) -> Plan:
        """The plan with a question in place of the command that proves something: starting that one costs more."""
        if plan.check is None:
            return plan
        *others, last = plan.commands
        self._proofs[directory, last] = plan.check
        return replace(plan, commands=(*others, (self._prover, *last)))

    def _proven(self, directory: str, command: tuple[str, ...]) -> Plan:
        """The answer to that question: nothing more, or the command."""
        proof = self._proofs.pop((directory, command), None)
        return Plan() if proof and proof.passes(directory) else Plan((command,))

    def _record(self, name: str, call: Call, plan: Plan) -> None:
        lines = [f"# {shlex.join([name, *call.arguments])}", *(f"#   {note}" for note in plan.notes)]
        if plan.commands:
            lines.append(f"cd {shlex.quote(call.directory)} && {plan.replay()}")
        with self._lock, self._log.open("a", encoding="utf-8", errors="surrogateescape") as log:
            log.write("\n".join(lines) + "\n")

    def _handler(self) -> type[socketserver.StreamRequestHandler]:
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with suppress(ConnectionError, EOFError):
                    name, directory, *arguments = self._strings()
                    self.wfile.write(encode_plan(outer.answer(name, directory, tuple(arguments))))

            def _strings(self) -> list[str]:
                data = b""
                while not _complete(data):
                    chunk = self.connection.recv(1 << 16)
                    if not chunk:
                        raise EOFError
                    data += chunk
                return [part.decode("utf-8", "surrogateescape") for part in data.split(b"\0")[1:-1]]

        return Handler


def _listening(place: Path, handler: type[socketserver.StreamRequestHandler]) -> _UnixServer:
    """A server on a socket, however deep it lies: the kernel allows 108 bytes for its name."""
    folder = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return _UnixServer(f"/proc/self/fd/{folder}/{place.name}", handler)
    finally:
        os.close(folder)


class _UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 128


def _complete(data: bytes) -> bool:
    count, nul, _ = data.partition(b"\0")
    return bool(nul) and data.count(b"\0") > int(count)


def encode_plan(plan: Plan) -> bytes:
    """A plan in the form the wrapper program reads: strings ended by NUL bytes, as ``shim.c`` explains."""
    strings = [str(plan.status), plan.output, str(len(plan.commands))]
    for command in plan.commands:
        strings += [str(len(command)), *command]
    return b"".join(string.encode("utf-8", "surrogateescape") + b"\0" for string in strings)
