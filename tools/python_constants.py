"""Generate the names in ``src/crosswheel/pythons/tables/constants.toml``: constants of C in Python's standard library.

    python tools/python_constants.py

They are those that typeshed, which mypy includes, knows on any platform, and those of the Python that runs this. Names
that Python defines itself are listed below. Comments and the other tables of the file are kept.
"""

from __future__ import annotations

import ast
import importlib
import re
import textwrap
from pathlib import Path

import mypy

TABLE = Path(__file__).resolve().parents[1] / "src" / "crosswheel" / "pythons" / "tables" / "constants.toml"
STUBS = Path(mypy.__file__).parent / "typeshed" / "stdlib"
MODULES = {
    "errno": ("errno",),
    "fcntl": ("fcntl",),
    "mmap": ("mmap",),
    "os": ("os/__init__",),
    "resource": ("resource",),
    "select": ("select",),
    "signal": ("signal",),
    "socket": ("_socket", "socket"),
    "termios": ("termios",),
}
# Values of Python's own, and what describes a running system rather than its headers.
NOT_OF_C = {
    "mmap": re.compile("ACCESS_.*|ALLOCATIONGRANULARITY|PAGESIZE"),
    "os": re.compile("P_(NOWAITO?|WAIT|DETACH|OVERLAY)|POSIX_SPAWN_.*"),
    "signal": re.compile("SIG_DFL|SIG_IGN"),
    "socket": re.compile("BDADDR_(ANY|LOCAL)|CAPI|EAGAIN|EBADF|EWOULDBLOCK|HV_GUID_.*|SIO_.*"),
}
NAME = re.compile("[A-Z][A-Z0-9_]*")


def stub_names(stub: str) -> set[str]:
    """Return the constants in a stub, whatever they depend on; members of enumerations are constants too."""
    text = (STUBS / f"{stub}.pyi").read_text("utf-8")
    nodes = list(ast.walk(ast.parse(text)))
    targets = [node.target for node in nodes if isinstance(node, ast.AnnAssign)]
    targets += [target for node in nodes if isinstance(node, ast.Assign) for target in node.targets]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def runtime_names(module: str) -> set[str]:
    """Return the constants of this Python's module."""
    return {name for name, value in vars(importlib.import_module(module)).items() if isinstance(value, int)}


def names(module: str) -> list[str]:
    """Return the constants of a module, sorted."""
    found = set().union(runtime_names(module), *map(stub_names, MODULES[module]))
    own = NOT_OF_C.get(module)
    return sorted(name for name in found if NAME.fullmatch(name) and not (own and own.fullmatch(name)))


def main() -> None:
    """Rewrite the table ``[names]``, the last of the file."""
    head, _, _ = TABLE.read_text("utf-8").partition("[names]\n")
    rows = [f'{module} = """\n{textwrap.fill(" ".join(names(module)), 120)}\n"""\n' for module in MODULES]
    TABLE.write_text(head + "[names]\n" + "".join(rows), "utf-8")


if __name__ == "__main__":
    main()
