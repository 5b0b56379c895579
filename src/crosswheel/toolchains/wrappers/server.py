"""The server for wrapper calls: threads inside crosswheel that return a plan for each call of a running build."""

from __future__ import annotations

import os
import shlex
import socketserver
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from crosswheel.errors import CrosswheelError
from crosswheel.sealing.paths import PathTranslation
from crosswheel.toolchains.calls import prepare_plan
from crosswheel.toolchains.command_line import expand_response_files
from crosswheel.toolchains.gcc_target_pragma import translate_plan
from crosswheel.toolchains.model import Call, Plan, add_user_flags
from crosswheel.toolchains.tool_names import BUILD_SUFFIX, LINK_CHECKER, RUN_BINFMT, RUN_PROGRAM, RUN_PYTHON

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crosswheel.toolchains.build_machine_tools import BuildMachineTools
    from crosswheel.toolchains.model import CallSettings, LinkCheck, TargetToolchain, Tool

CALLED_BY = "called by "
"""Beginning of the note about a call by a compiler of the build machine; the compiler's name follows."""


class PlanPrograms(Protocol):
    """Plans the runs of the target's programs and Python that a build starts."""

    def python(self, arguments: Sequence[str]) -> Plan:
        """Return the plan that runs the target's Python."""
        ...

    def program(self, program: str, argv0: str, arguments: Sequence[str]) -> Plan:
        """Return the plan that runs a program.

        :param program: its absolute path on the build machine, or a name on PATH; ``argv0`` is the name by which it was
            called, empty if that is its path.
        """
        ...


class CallServer:
    """Answers the wrappers of one build on a Unix socket, each call in its own thread.

    Calls have the paths that the build sees, and so have plans. Toolchains and settings have those of the build
    machine, which are translated here.

    :param socket: the path of the socket.
    :param names: the tool that each wrapper name stands for.
    :param build_machine: answers the calls of names that end with ``-for-build``.
    :param log: the file to append the calls to.
    :param paths: the paths of the build machine that the build sees elsewhere.
    :param programs: plans the runs of programs of the target; None if the build cannot run any.
    :param link_checker: the path of the wrapper that replaces commands which a :class:`LinkCheck` may make unnecessary.
    """

    def __init__(
        self,
        socket: Path,
        toolchain: TargetToolchain,
        settings: CallSettings,
        names: Mapping[str, Tool],
        build_machine: BuildMachineTools,
        log: Path,
        *,
        link_checker: str,
        paths: PathTranslation | None = None,
        programs: PlanPrograms | None = None,
    ) -> None:
        self._paths = paths or PathTranslation()
        self.use_settings(settings)
        self._toolchain, self._names, self._build_machine = toolchain, names, build_machine
        self._log, self._link_checker, self._programs = log, link_checker, programs
        self._checks: dict[tuple[str, tuple[str, ...]], LinkCheck] = {}
        self._pragmas = socket.parent / "gcc-options"
        self._lock, self._build_machine_lock = threading.Lock(), threading.Lock()
        self._server = _listen(socket, self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def use_settings(self, settings: CallSettings) -> None:
        """Use other settings for the following calls."""
        self._settings = self._paths.inside_value(settings)

    def answer(self, name: str, directory: str, arguments: tuple[str, ...]) -> Plan:
        """Return the plan for a call, after building the components it requires and logging it.

        :param name: the name of the wrapper; for a call by a compiler of the build machine, the name of that machine's
            tool and, after a colon, the compiler's.
        :param directory: the working directory of the call.
        """
        if name == LINK_CHECKER:
            return self._run_check(directory, arguments)
        if name in {RUN_PROGRAM, RUN_BINFMT, RUN_PYTHON}:
            return self._run_program(name, directory, arguments)
        name, _, compiler = name.partition(":")
        tool_name = name.removesuffix(BUILD_SUFFIX)
        call = Call(self._names[tool_name], expand_response_files(arguments, directory, self._outside), directory)
        try:
            if tool_name == name:
                call = add_user_flags(call, self._settings.user_flags)
                plan = self._plan(call)
            else:
                plan = self._plan_for_build_machine(tool_name, call)
            plan = self._inside(plan)
        except CrosswheelError as error:
            plan = Plan(output=f"crosswheel: error: {error}\n", status=1, notes=(str(error),))
        if compiler:
            plan = replace(plan, notes=(*plan.notes, f"{CALLED_BY}{compiler}"))
        self._record(name, call.arguments, call.directory, plan)
        return self._defer_check(plan, directory)

    def _plan(self, call: Call) -> Plan:
        plan = prepare_plan(self._toolchain, call, self._settings, self._outside)
        if self._toolchain.compiler_id == "clang":
            plan = translate_plan(plan, call, Path(self._paths.inside(str(self._pragmas))), self._outside)
        return plan

    def _plan_for_build_machine(self, tool_name: str, call: Call) -> Plan:
        with self._build_machine_lock:  # the tools are found, or zig is prepared, by the first call
            plan = self._build_machine.plan(tool_name, call)
            for part in plan.requires:
                self._build_machine.build_component(part)
        return plan

    def _outside(self, path: Path) -> Path:
        return Path(self._paths.outside(str(path)))

    def _inside(self, plan: Plan) -> Plan:
        commands = tuple(self._paths.inside_all(command) for command in plan.commands)
        return replace(plan, commands=commands, output=self._paths.inside(plan.output))

    def _defer_check(self, plan: Plan, directory: str) -> Plan:
        """Replace a plan's checking command by the link checker wrapper: starting the command costs more."""
        if plan.check is None:
            return plan
        *others, last = plan.commands
        self._checks[directory, last] = plan.check
        return replace(plan, commands=(*others, (self._link_checker, *last)))

    def _run_check(self, directory: str, command: tuple[str, ...]) -> Plan:
        """Return an empty plan if the deferred check passes, else a plan that runs the command."""
        check = self._checks.pop((directory, command), None)
        check = self._paths.outside_value(check)
        return Plan() if check and check.passes(self._paths.outside(directory)) else Plan((command,))

    def _run_program(self, name: str, directory: str, arguments: tuple[str, ...]) -> Plan:
        """Return the plan that runs a program of the target, or its Python."""
        if self._programs is None or (not arguments and name != RUN_PYTHON):
            return Plan(output=f"usage: {name} PROGRAM ARGUMENT...\n", status=2)
        if name == RUN_PYTHON:
            plan = self._programs.python(arguments)
        else:
            program, *others = arguments
            argv0 = others.pop(0) if name == RUN_BINFMT and others else ""
            if "/" in program:  # else a name on PATH
                program = str(self._outside(Path(directory, program)))
            plan = self._programs.program(program, argv0, others)
        plan = self._inside(plan)
        self._record(name, arguments, directory, plan)
        return plan

    def _record(self, name: str, arguments: tuple[str, ...], directory: str, plan: Plan) -> None:
        lines = [f"# {shlex.join([name, *arguments])}", *(f"#   {note}" for note in plan.notes)]
        if plan.commands:
            lines.append(f"cd {shlex.quote(directory)} && {plan.replay()}")
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
                while not _is_complete(data):
                    chunk = self.connection.recv(1 << 16)
                    if not chunk:
                        raise EOFError
                    data += chunk
                return [part.decode("utf-8", "surrogateescape") for part in data.split(b"\0")[1:-1]]

        return Handler


def _listen(path: Path, handler: type[socketserver.StreamRequestHandler]) -> _UnixServer:
    """Create a server on a socket at any path: the kernel limits socket names to 108 bytes."""
    parent = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return _UnixServer(f"/proc/self/fd/{parent}/{path.name}", handler)
    finally:
        os.close(parent)


class _UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 128


def _is_complete(data: bytes) -> bool:
    count, nul, _ = data.partition(b"\0")
    return bool(nul) and data.count(b"\0") > int(count)


def encode_plan(plan: Plan) -> bytes:
    """Encode a plan for the wrapper program: NUL-terminated strings, in the order that ``shim.c`` describes."""
    strings = [str(plan.status), plan.output, str(len(plan.commands))]
    for command in plan.commands:
        strings += [str(len(command)), *command]
    return b"".join(string.encode("utf-8", "surrogateescape") + b"\0" for string in strings)
