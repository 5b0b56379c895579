"""The exports of a Pyodide runtime to the modules it loads: its functions with their types, and its variables."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError
from crosswheel.object_files.wasm import read_wasm

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from crosswheel.object_files.wasm import Wasm

_ABI_TAG = re.compile(r"B8n[a-z](\d\d)\d{4}")
"""The ABI tag in names of libc++'s functions: its hardening mode and version (LLVM 19.1.6: ``ne190106``)."""
_IMPORTS_TABLE = re.compile(r"\bwasmImports=\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class RuntimeExports:
    """Everything a module can import from a runtime.

    :param functions: types by name; empty for JavaScript functions, which accept arguments of any type.
    :param data: names of variables.
    """

    functions: Mapping[str, str]
    data: frozenset[str]

    @classmethod
    def from_runtime(cls, program: Wasm, javascript: Iterable[str]) -> RuntimeExports:
        """Return the exports of a runtime.

        :param program: its main module.
        :param javascript: names of the functions that JavaScript adds.
        """
        functions = dict.fromkeys(javascript, "")
        functions |= {item.name: item.type for item in program.exports if item.kind == "function"}
        return cls(functions, frozenset(item.name for item in program.exports if item.kind == "global"))

    @classmethod
    def read(cls, path: Path) -> RuntimeExports:
        """Read a file written by :meth:`write`."""
        stored = json.loads(path.read_text("utf-8"))
        return cls(stored["functions"], frozenset(stored["data"]))

    @property
    def libcxx(self) -> int | None:
        """The major version of the C++ library, None if no function has an ABI tag."""
        versions = {int(tag[1]) for name in self.functions for tag in _ABI_TAG.finditer(name)}
        return max(versions, default=None)

    def with_libraries(self, libraries: Iterable[Wasm]) -> RuntimeExports:
        """Return the exports of the runtime together with those of shared libraries."""
        exports = [item for library in libraries for item in library.exports]
        functions = {item.name: item.type for item in exports if item.kind == "function"}
        data = {item.name for item in exports if item.kind == "global"}
        return RuntimeExports({**functions, **self.functions}, self.data | data)

    def write(self, path: Path) -> None:
        """Write a JSON file, to be read by :meth:`read`."""
        stored = asdict(self) | {"data": sorted(self.data)}
        path.write_text(json.dumps(stored, indent=0, sort_keys=True), "utf-8")


def runtime_exports(program: Path, glue: Path) -> RuntimeExports:
    """Return the exports of a runtime.

    :param program: its main module.
    :param glue: the JavaScript around it, whose table ``wasmImports`` lists the functions for modules.
    :raises EnvironmentMissingError: if ``program`` is not WebAssembly, or the table is missing.
    """
    module = read_wasm(program.read_bytes())
    if module is None:
        raise EnvironmentMissingError("is not a WebAssembly module", where=program)
    table = _IMPORTS_TABLE.search(glue.read_text("utf-8"))
    if table is None:
        raise EnvironmentMissingError("has no table wasmImports", where=glue)
    entries = (entry.partition(":")[0].strip().strip("\"'") for entry in table[1].split(","))
    return RuntimeExports.from_runtime(module, [entry for entry in entries if entry])
