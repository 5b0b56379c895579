"""What a runtime gives to the modules it loads: its functions with their types, and its data."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from crosswheel.binaries.wasm import read_wasm
from crosswheel.errors import EnvironmentMissingError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.binaries.wasm import Wasm


@dataclass(frozen=True, slots=True)
class Surface:
    """Everything a module can take from a runtime.

    :param functions: types by name; those the program itself takes from JavaScript are there for modules too.
    :param data: names of variables.
    """

    functions: Mapping[str, str]
    data: frozenset[str]

    @classmethod
    def of(cls, program: Wasm) -> Surface:
        """The surface of a runtime's main module."""
        functions = {
            item.name: item.type for item in program.imports if (item.module, item.kind) == ("env", "function")
        }
        functions |= {item.name: item.type for item in program.exports if item.kind == "function"}
        return cls(functions, frozenset(item.name for item in program.exports if item.kind == "global"))

    @classmethod
    def read(cls, path: Path) -> Surface:
        """Read what :meth:`write` wrote."""
        found = json.loads(path.read_text("utf-8"))
        return cls(found["functions"], frozenset(found["data"]))

    def write(self, path: Path) -> None:
        """Write it down."""
        found = asdict(self) | {"data": sorted(self.data)}
        path.write_text(json.dumps(found, indent=0, sort_keys=True), "utf-8")


def surface_of(program: Path) -> Surface:
    """The surface of the runtime whose main module lies there.

    :raises EnvironmentMissingError: when it is no WebAssembly.
    """
    found = read_wasm(program.read_bytes())
    if found is None:
        raise EnvironmentMissingError("is not a WebAssembly module", where=program)
    return Surface.of(found)
