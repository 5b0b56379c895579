"""The runtime of a Pyodide ABI: the npm package, or a directory a person gives."""

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

    :param python: the full version of its CPython, ``3.13.2``; ``version`` is its own.
    """

    directory: Path
    version: str
    python: str
    abi: str

    @property
    def standard_library(self) -> Path:
        """The archive of Python's standard library."""
        return self.directory / "python_stdlib.zip"

    @property
    def program(self) -> Path:
        """The WebAssembly module of the interpreter, whose exports extension modules can use."""
        return self.directory / "pyodide.asm.wasm"

    @property
    def javascript(self) -> Path:
        """The JavaScript that goes with the program."""
        return next(self.directory.glob("pyodide.asm.*js"))


def find_runtime(host: Host, abi: PyodideAbi, directory: Path | None = None) -> PyodideRuntime:
    """The runtime that implements an ABI, fetched once.

    :param directory: an unpacked Pyodide to take instead.
    :raises EnvironmentMissingError: when the directory holds none, or one of another ABI.
    :raises SourceError: when it cannot be fetched.
    """
    place = directory or npm_package(host, "pyodide", abi.runtime, abi.sha256)
    try:
        info = json.loads((place / "pyodide-lock.json").read_text("utf-8"))["info"]
        own = json.loads((place / "package.json").read_text("utf-8"))["version"]
        found = PyodideRuntime(place, str(own), str(info["python"]), str(info["abi_version"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EnvironmentMissingError(
            f"no Pyodide there: {error!r}", where=place, hint="name the directory with pyodide-lock.json"
        ) from error
    if found.abi != abi.name:
        raise EnvironmentMissingError(f"this Pyodide is of ABI {found.abi}, not {abi.name}", where=place)
    return found
