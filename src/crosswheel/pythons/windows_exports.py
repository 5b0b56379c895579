"""What Windows' Pythons export: the libraries that extension modules there import from, by name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError

if TYPE_CHECKING:
    from crosswheel.targets import PythonVersion

_DATA = " DATA"


@dataclass(frozen=True, slots=True)
class WindowsExports:
    """What a library exports.

    :param library: its name: ``python313``, ``python3`` of the stable ABI.
    :param functions: names of functions; ``data`` those of variables.
    """

    library: str
    functions: frozenset[str]
    data: frozenset[str]

    @property
    def names(self) -> frozenset[str]:
        """Both."""
        return self.functions | self.data

    def definitions(self) -> str:
        """A module-definition file, of which import libraries are made."""
        lines = [name + _DATA * (name in self.data) for name in sorted(self.names)]
        return "\n".join([f"LIBRARY {self.library}.dll", "EXPORTS", *lines, ""])


def library_name(version: PythonVersion) -> str:
    """The library of one version: ``python313``, ``python313t`` of the free-threaded build."""
    return f"python3{version.minor}{version.abiflags}"


def stable_library_name(version: PythonVersion) -> str:
    """The library of the stable ABI (PEP 384)."""
    return f"python3{version.abiflags}"


def windows_exports(library: str) -> WindowsExports:
    """What a library exports.

    :raises EnvironmentMissingError: when there is no list of it.
    """
    found = _known(library)
    if found is None:
        raise EnvironmentMissingError(
            f"there is no list of what {library}.dll exports", hint="see tools/windows_exports.py"
        )
    return found


@cache
def _known(library: str) -> WindowsExports | None:
    path = files("crosswheel.pythons").joinpath("tables", "exports", f"{library}.def")
    return parse_def_file(path.read_text("utf-8")) if path.is_file() else None


def parse_def_file(text: str) -> WindowsExports:
    """Read a module-definition file as :meth:`WindowsExports.definitions` writes it; ``;`` begins a comment."""
    lines = [line for line in text.splitlines() if line and not line.startswith(";")]
    data = frozenset(line.removesuffix(_DATA) for line in lines[2:] if line.endswith(_DATA))
    functions = frozenset(line for line in lines[2:] if not line.endswith(_DATA))
    return WindowsExports(lines[0].split()[1].removesuffix(".dll"), functions, data)
