"""The runtime of a Pyodide ABI: the npm package, or a directory set by the user."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswheel.downloads.node import npm_package
from crosswheel.errors import EnvironmentMissingError

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets.pyodide import PyodideAbi


@dataclass(frozen=True, slots=True)
class PyodideRuntime:
    """An unpacked Pyodide.

    :param version: version of Pyodide.
    :param python: full version of its CPython, ``3.13.2``.
    :param abi: name of its ABI: ``2025_0``.
    """

    directory: Path
    version: str
    python: str
    abi: str

    @property
    def standard_library(self) -> Path:
        """Archive of Python's standard library."""
        return self.directory / "python_stdlib.zip"

    @property
    def program(self) -> Path:
        """WebAssembly module of the interpreter, whose exports extension modules can use."""
        return self.directory / "pyodide.asm.wasm"

    @property
    def javascript(self) -> Path:
        """JavaScript that loads the program."""
        return next(self.directory.glob("pyodide.asm.*js"))


def find_runtime(host: Host, abi: PyodideAbi, directory: Path | None = None) -> PyodideRuntime:
    """Return the runtime that implements an ABI; it is downloaded once.

    :param directory: an unpacked Pyodide to use instead.
    :raises EnvironmentMissingError: if the directory contains none, or one of another ABI.
    :raises SourceError: if it cannot be downloaded.
    """
    root = directory or npm_package(host, "pyodide", abi.runtime, abi.sha256)
    try:
        info = json.loads((root / "pyodide-lock.json").read_text("utf-8"))["info"]
        version = json.loads((root / "package.json").read_text("utf-8"))["version"]
        runtime = PyodideRuntime(root, str(version), str(info["python"]), str(info["abi_version"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EnvironmentMissingError(
            f"not a Pyodide distribution: {error!r}",
            where=root,
            hint="set the directory that contains pyodide-lock.json",
        ) from error
    if runtime.abi != abi.name:
        raise EnvironmentMissingError(f"this Pyodide has ABI {runtime.abi}, not {abi.name}", where=root)
    return runtime
