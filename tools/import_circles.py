"""Print the circles in the graph of imports, at load time and with the imports under `if TYPE_CHECKING`.

    python tools/import_circles.py
    python tools/import_circles.py --deferred --fail-deferred src

Sources are parsed, never imported. Importing `a.b.c` runs `a` and `a.b` first, so it is an import of these too, unless
the importer is inside them: then they are loaded already, and a package that re-exports names of its own modules is no
circle. A module that imports a name from a package it is in does depend on that package. Names that a package's
`__getattr__` exports lazily (PEP 562) are no imports. Neither are modules that strings name: the object references
of `crosswheel.platforms`, which packages above it load while the program runs. Exit status 1 if there is a circle.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections import deque
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SOURCES = Path(__file__).resolve().parent.parent / "src"


class When(IntEnum):
    """When an import runs: each graph has the imports of one kind and of those before it."""

    LOAD = 1
    TYPE_CHECKING = 2
    DEFERRED = 3


TITLES = {
    When.LOAD: "at load time",
    When.TYPE_CHECKING: "with the imports under TYPE_CHECKING",
    When.DEFERRED: "with the imports inside functions",
}


@dataclass(frozen=True)
class Import:
    """An import of one module by another.

    :param statement: the module that the statement names; ``imported`` is it, or a package that it is in.
    """

    importer: str
    imported: str
    when: When
    path: Path
    line: int
    statement: str

    def __str__(self) -> str:
        """Return the place in the sources and what is imported there."""
        through = "" if self.statement == self.imported else f" (loaded by the import of {self.statement})"
        return f"{self.path}:{self.line}: {self.importer} imports {self.imported}{through}"


@dataclass(frozen=True)
class Circle:
    """Modules that import each other, and the imports of a shortest circle through some of them."""

    modules: tuple[str, ...]
    imports: tuple[Import, ...]


@dataclass(frozen=True)
class ImportGraph:
    """The modules of a source tree, by dotted name, and the imports among them."""

    modules: Mapping[str, Path]
    imports: tuple[Import, ...]

    @classmethod
    def read(cls, sources: Path) -> ImportGraph:
        """Parse all modules below a directory.

        :raises SyntaxError: if a file is not valid Python.
        """
        files = find_modules(sources)
        trees = {name: ast.parse(path.read_text("utf-8"), str(path)) for name, path in files.items()}
        modules = {name: path.relative_to(sources.parent) for name, path in files.items()}
        reader = _Reader(modules, {name: frozenset(_bound_names(tree, name)) for name, tree in trees.items()})
        return cls(modules, tuple(each for name, tree in trees.items() for each in reader.imports(name, tree)))

    def circles(self, when: When) -> list[Circle]:
        """Return the circles among the imports up to ``when`` that contain an import of that kind."""
        edges: dict[str, dict[str, Import]] = {}
        for each in sorted(self.imports, key=lambda each: (each.when, each.importer, each.line)):
            if each.when <= when:
                edges.setdefault(each.importer, {}).setdefault(each.imported, each)
        shortest: dict[frozenset[str], list[Import]] = {}
        components = _components(edges)
        for each in (each for targets in edges.values() for each in targets.values() if each.when is when):
            component = components[each.importer]
            if each.imported in component:
                path = [each, *_shortest_path(edges, each.imported, each.importer)]
                if component not in shortest or len(path) < len(shortest[component]):
                    shortest[component] = path
        return [Circle(tuple(sorted(modules)), tuple(path)) for modules, path in shortest.items()]


def find_modules(sources: Path) -> dict[str, Path]:
    """Return the Python files below a directory by dotted name; names start below directories without `__init__.py`.

    Such a directory is an entry of `sys.path` itself.

    :raises ValueError: if two files have the same dotted name.
    """
    modules: dict[str, Path] = {}
    for path in sorted(sources.rglob("*.py")):
        parts = [] if path.stem == "__init__" else [path.stem]
        for directory in path.parents:
            if directory == sources or not (directory / "__init__.py").is_file():
                break
            parts.insert(0, directory.name)
        name = ".".join(parts)
        if name in modules:
            raise ValueError(f"two files are the module {name}: {modules[name]} and {path}")
        modules[name] = path
    return modules


@dataclass(frozen=True)
class _Reader:
    """Finds the imports of modules: which names are modules, and what each module binds itself."""

    modules: Mapping[str, Path]
    bound: Mapping[str, frozenset[str]]

    def imports(self, importer: str, tree: ast.Module) -> Iterator[Import]:
        for node, when in _import_statements(tree, When.LOAD):
            for imported, line in self._targets(importer, node):
                for module in (imported, *self._packages_outside(importer, imported)):
                    if module != importer:
                        yield Import(importer, module, when, self.modules[importer], line, imported)

    def _targets(self, importer: str, node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, int]]:
        if isinstance(node, ast.Import):
            yield from ((name, node.lineno) for alias in node.names if (name := self._known(alias.name)))
            return
        package = self._known(self._absolute(importer, node))
        for alias in node.names if package else ():
            submodule = f"{package}.{alias.name}"
            if submodule in self.modules:
                yield submodule, alias.lineno
            # A name that the package also binds is the package's, once that is loaded.
            if submodule not in self.modules or alias.name in self.bound[package]:
                yield package, alias.lineno

    def _known(self, name: str) -> str:
        """Return the module of this tree that a dotted name means or is in; empty for one of another tree."""
        while name and name not in self.modules:
            name = name.rpartition(".")[0]
        return name

    def _absolute(self, importer: str, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = importer.split(".")
        parent = parts[: len(parts) - node.level + (self.modules[importer].stem == "__init__")]
        return ".".join([*parent, *filter(None, [node.module])])

    def _packages_outside(self, importer: str, imported: str) -> Iterator[str]:
        """Yield the packages that an import runs first, except those that the importer is in."""
        package = imported.rpartition(".")[0]
        while package and not f"{importer}.".startswith(f"{package}."):
            yield package
            package = package.rpartition(".")[0]


def _import_statements(node: ast.AST, when: When) -> Iterator[tuple[ast.Import | ast.ImportFrom, When]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, when
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _import_statements(child, When.DEFERRED)
        elif isinstance(child, ast.If) and (typing_first := _is_for_type_checkers(child.test)) is not None:
            typing = max(when, When.TYPE_CHECKING)
            branches = (child.body, child.orelse) if typing_first else (child.orelse, child.body)
            for branch, branch_when in zip(branches, (typing, when), strict=True):
                yield from _import_statements(ast.Module(branch, []), branch_when)
        else:
            yield from _import_statements(child, when)


def _is_for_type_checkers(test: ast.expr) -> bool | None:
    """Return True if a condition is TYPE_CHECKING, False if it is its negation, None if it is another."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _is_for_type_checkers(test.operand)
        return None if inner is None else not inner
    name = test.id if isinstance(test, ast.Name) else test.attr if isinstance(test, ast.Attribute) else ""
    return True if name == "TYPE_CHECKING" else None


def _bound_names(tree: ast.Module, module: str) -> Iterator[str]:
    """Yield the names that a module binds at its top level, except submodules imported by their own names."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.ImportFrom) and not (node.module == module or (node.level and not node.module)):
            yield from (alias.asname or alias.name for alias in node.names)


def _components(edges: Mapping[str, Mapping[str, Import]]) -> dict[str, frozenset[str]]:
    """Return the strongly connected component of each module."""
    reached = {module: _reachable(edges, module) for module in edges}
    return {
        module: frozenset(other for other in ours if module in reached.get(other, ())) | {module}
        for module, ours in reached.items()
    }


def _reachable(edges: Mapping[str, Mapping[str, Import]], start: str) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        new = edges.get(waiting.pop(), {}).keys() - reached
        reached |= new
        waiting += new
    return reached


def _shortest_path(edges: Mapping[str, Mapping[str, Import]], start: str, end: str) -> list[Import]:
    """Return the imports of a shortest path between two modules; the second must be reachable from the first."""
    arrived_by: dict[str, Import | None] = {start: None}
    waiting = deque([start])
    while end not in arrived_by:
        for each in edges.get(waiting.popleft(), {}).values():
            if each.imported not in arrived_by:
                arrived_by[each.imported] = each
                waiting.append(each.imported)
    path: list[Import] = []
    while (last := arrived_by[end]) is not None:
        path.insert(0, last)
        end = last.importer
    return path


def report(graph: ImportGraph, kinds: Iterable[When]) -> Iterator[tuple[When, str]]:
    """Yield a description of each circle, in the first graph that contains it."""
    described: set[tuple[str, ...]] = set()
    for when in kinds:
        for circle in graph.circles(when):
            if circle.modules not in described:
                described.add(circle.modules)
                lines = [f"import circle {TITLES[when]}, {len(circle.modules)} modules: {', '.join(circle.modules)}"]
                yield when, "\n  ".join([*lines, *map(str, circle.imports)])


def main(arguments: list[str] | None = None) -> int:
    """Print the circles of a source tree; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", type=Path, nargs="?", default=SOURCES, help="directory that contains the packages")
    parser.add_argument("--deferred", action="store_true", help="report circles through imports inside functions too")
    parser.add_argument("--fail-deferred", action="store_true", help="and exit with status 1 if there is one")
    options = parser.parse_args(arguments)
    graph = ImportGraph.read(options.sources)
    kinds = [When.LOAD, When.TYPE_CHECKING, *([When.DEFERRED] if options.deferred or options.fail_deferred else [])]
    circles = list(report(graph, kinds))
    for _, text in circles:
        print(text)
    if not circles:
        print("no import circles")
    print(f"{len(graph.modules)} modules, {len(graph.imports)} imports among them")
    return int(any(when is not When.DEFERRED or options.fail_deferred for when, _ in circles))


if __name__ == "__main__":
    sys.exit(main())
