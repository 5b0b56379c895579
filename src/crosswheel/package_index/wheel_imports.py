"""The modules that a wheel's Python code requires, by its import statements."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from crosswheel.wheels.archive import read_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TESTS = frozenset({"test", "tests"})
_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_CYTHON_IMPORT = re.compile(
    r"^\s*(?:import\s+(?P<names>[\w., ]+)|from\s+(?P<module>\w[\w.]*)\s+import\s)", re.MULTILINE
)


def required_modules(wheel: Path) -> frozenset[str]:
    """Return the names of the top-level modules that the Python and Cython code of a wheel imports.

    Imports that the code does without (``except ImportError``), those for type checkers only, and those of tests are
    left out. Those of compiled modules are known only if the wheel has their Cython code.

    :raises AuditError: if the wheel cannot be read.
    """
    found: set[str] = set()
    for path, data in read_wheel(wheel).files.items():
        if _TESTS.isdisjoint(path.split("/")[:-1]):
            if path.endswith(".py"):
                found |= set(python_imports(data))
            elif path.endswith((".pyx", ".pxi")):
                found |= set(cython_imports(data.decode("utf-8", "replace")))
    return frozenset(found)


def python_imports(source: bytes) -> Iterator[str]:
    """Yield the top-level modules that Python code requires; none if it is not valid."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    yield from _imports(tree)


def cython_imports(source: str) -> Iterator[str]:
    """Yield the top-level modules that Cython code imports."""
    for match in _CYTHON_IMPORT.finditer(source):
        for name in (match["names"] or match["module"]).split(","):
            yield name.split()[0].partition(".")[0] if name.split() else ""


def _imports(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module.partition(".")[0]
    for child in _relevant_children(node):
        yield from _imports(child)


def _relevant_children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a statement whose imports are required."""
    if isinstance(node, ast.Try) and any(_is_import_error(handler.type) for handler in node.handlers):
        yield from (*node.handlers, *node.orelse, *node.finalbody)
    elif isinstance(node, ast.If) and ast.unparse(node.test).rpartition(".")[2] == "TYPE_CHECKING":
        yield from node.orelse
    else:
        yield from ast.iter_child_nodes(node)


def _is_import_error(kind: ast.expr | None) -> bool:
    """Whether an except clause catches failed imports."""
    names = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(name is None or ast.unparse(name).rpartition(".")[2] in _IMPORT_ERRORS for name in names)
