"""Runner for Pyodide in Node.js: its Python as a program of this machine."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.downloads.node import node_program, node_unavailable_reason, node_version
from crosswheel.downloads.pyodide import find_runtime
from crosswheel.errors import EnvironmentMissingError
from crosswheel.host.files import write_atomic
from crosswheel.runners.model import Interpreter, RunnerDefaults
from crosswheel.targets import PyodideTarget
from crosswheel.toolchains.model import Support

if TYPE_CHECKING:
    from crosswheel.downloads.pyodide import PyodideRuntime
    from crosswheel.host import Host
    from crosswheel.targets import PythonVersion, Target

_RUN_PROGRAM = "run_wasm_program.py"
_SCRIPTS = ("node.mjs", _RUN_PROGRAM)


@dataclass(frozen=True)
class NodeRunner(RunnerDefaults):
    """Implements :class:`crosswheel.runners.model.Runner`."""

    host: Host

    name = "node"

    def support(self, target: Target, version: PythonVersion | None = None) -> Support:
        """See :meth:`Runner.support`."""
        if not isinstance(target, PyodideTarget):
            return Support(available=False, reason=f"Pyodide does not run {target.system.platform_system} programs")
        if version is not None and version != target.abi.python:
            return Support(available=False, reason=f"Pyodide {target.abi.name} has Python {target.abi.python} only")
        problem = node_unavailable_reason()
        return Support(available=problem is None, reason=problem or "")

    def has_python(self, target: Target, version: PythonVersion) -> bool:
        """See :meth:`Runner.has_python`: each is downloaded into the cache."""
        return self.support(target, version).available

    def interpreter(self, target: Target, version: PythonVersion) -> Interpreter:
        """See :meth:`Runner.interpreter`."""
        if not isinstance(target, PyodideTarget):
            raise EnvironmentMissingError(f"Pyodide cannot run programs for {target}")
        runtime = find_runtime(self.host, target.abi)
        program = self._program(runtime, version)
        return Interpreter(
            program,
            version,
            runtime.python,
            f"CPython {runtime.python} of Pyodide {runtime.version} in Node.js {node_version()}",
            stdlib_parts=runtime.stdlib_parts(),
        )

    def program_prefix(
        self,
        target: Target,
        argv0: str = "",
        directory: Path | None = None,  # noqa: ARG002
    ) -> tuple[str, ...]:
        """See :meth:`Runner.program_prefix`: a program is linked as a module, whose ``main`` Pyodide's Python calls."""
        if not isinstance(target, PyodideTarget):
            raise EnvironmentMissingError(f"Pyodide cannot run programs for {target}")
        python = self._program(find_runtime(self.host, target.abi), target.abi.python)
        return (str(python), "-I", "-S", str(python.parent.parent / _RUN_PROGRAM), argv0)

    def _program(self, runtime: PyodideRuntime, version: PythonVersion) -> Path:
        """Return the script that runs Pyodide's Python, in a directory named by a hash of its contents."""
        scripts = {name: files("crosswheel.runners").joinpath(name).read_text("utf-8") for name in _SCRIPTS}
        node = node_program(self.host)
        text = _script(node, Path("node.mjs"), runtime) + "".join(scripts.values())
        key = sha256(text.encode()).hexdigest()[:12]
        directory = self.host.cache / "interpreters" / f"pyodide-{runtime.version}-{key}"
        program = directory / "bin" / version.executable
        if not program.is_file():
            for name, content in scripts.items():
                write_atomic(directory / name, content)
            write_atomic(program, _script(node, directory / "node.mjs", runtime), mode=0o755)
        return program


def _script(node: Path, runner: Path, runtime: PyodideRuntime) -> str:
    return (
        "#!/bin/sh\n"
        'case $0 in /*) self=$0 ;; */*) self=$PWD/$0 ;; *) self=$(command -v -- "$0") ;; esac\n'
        f'exec {shlex.join(map(str, (node, runner, runtime.directory)))} "$self" "$@"\n'
    )
