"""The runtime of a Pyodide ABI: the npm package, or a directory set by the user."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crosswheel.downloads.node import npm_package
from crosswheel.errors import EnvironmentMissingError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets.pyodide import PyodideAbi


LOCK_FILE = "pyodide-lock.json"


def parts_by_module(packages: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the modules of Python's standard library among the packages of a runtime, each with its package.

    :param packages: entries of the runtime's lock file, by name.
    """
    parts = {name: entry for name, entry in packages.items() if entry.get("package_type") == "cpython_module"}
    return {module: name for name, entry in parts.items() for module in entry["imports"]}


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

    def stdlib_parts(self) -> dict[str, str]:
        """Return the modules of the standard library that are kept apart, each with the package that has it."""
        packages = json.loads((self.directory / LOCK_FILE).read_text("utf-8")).get("packages", {})
        return parts_by_module(packages)

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
        info = json.loads((root / LOCK_FILE).read_text("utf-8"))["info"]
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
