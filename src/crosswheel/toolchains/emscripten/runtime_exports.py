"""What a runtime gives to the modules it loads: its functions with their types, and its data."""

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
"""What libc++ puts into the names of its functions: how it is hardened, and its version (LLVM 19.1.6: ``ne190106``)."""
_TABLE = re.compile(r"\bwasmImports=\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class RuntimeExports:
    """Everything a module can take from a runtime.

    :param functions: types by name; empty for one in JavaScript, which takes and gives whatever it is asked to.
    :param data: names of variables.
    """

    functions: Mapping[str, str]
    data: frozenset[str]

    @classmethod
    def from_runtime(cls, program: Wasm, scripted: Iterable[str]) -> RuntimeExports:
        """The surface of a runtime.

        :param program: its main module; ``scripted`` names the functions that JavaScript adds to it.
        """
        functions = dict.fromkeys(scripted, "")
        functions |= {item.name: item.type for item in program.exports if item.kind == "function"}
        return cls(functions, frozenset(item.name for item in program.exports if item.kind == "global"))

    @classmethod
    def read(cls, path: Path) -> RuntimeExports:
        """Read what :meth:`write` wrote."""
        found = json.loads(path.read_text("utf-8"))
        return cls(found["functions"], frozenset(found["data"]))

    @property
    def libcxx(self) -> int | None:
        """The major version of the C++ library, None if its functions do not tell."""
        found = {int(tag[1]) for name in self.functions for tag in _ABI_TAG.finditer(name)}
        return max(found, default=None)

    def with_libraries(self, libraries: Iterable[Wasm]) -> RuntimeExports:
        """With what shared libraries give to a module that needs them."""
        given = [item for library in libraries for item in library.exports]
        functions = {item.name: item.type for item in given if item.kind == "function"}
        data = {item.name for item in given if item.kind == "global"}
        return RuntimeExports({**functions, **self.functions}, self.data | data)

    def write(self, path: Path) -> None:
        """Write it down."""
        found = asdict(self) | {"data": sorted(self.data)}
        path.write_text(json.dumps(found, indent=0, sort_keys=True), "utf-8")


def runtime_exports(program: Path, glue: Path) -> RuntimeExports:
    """The surface of the runtime whose main module lies there.

    :param glue: the JavaScript around it, which has the table ``wasmImports`` of what it gives to modules.
    :raises EnvironmentMissingError: when it is no WebAssembly, or the table is missing.
    """
    found = read_wasm(program.read_bytes())
    if found is None:
        raise EnvironmentMissingError("is not a WebAssembly module", where=program)
    table = _TABLE.search(glue.read_text("utf-8"))
    if table is None:
        raise EnvironmentMissingError("has no table of what it gives to modules", where=glue)
    entries = (entry.partition(":")[0].strip().strip("\"'") for entry in table[1].split(","))
    return RuntimeExports.from_runtime(found, [entry for entry in entries if entry])
