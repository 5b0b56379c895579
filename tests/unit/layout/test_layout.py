"""Dependencies flow one way: a package imports only those before it."""

import ast
from pathlib import Path

import pytest

import crosswheel

HOME = Path(crosswheel.__file__).parent
ORDER = (
    "errors", "targets", "host", "toml_models", "settings", "store", "object_files", "downloads", "recipes",
    "toolchains", "pythons", "environments", "build_systems", "native_libraries", "sources", "wheels",
    "cross_requirements", "runners", "testing", "building", "recipe_tools", "package_index", "api", "doctor", "cli",
)  # fmt: skip
ANYWHERE = {"__init__.py", "__main__.py"}


def imports(node: ast.AST):
    """The modules a tree imports, but for those that only a type checker sees."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield child.module
        yield from imports(child)


def part(module: str) -> str | None:
    words = module.split(".")
    return words[1] if words[0] == "crosswheel" and len(words) > 1 else None


FILES = [path for path in HOME.rglob("*.py") if str(path.relative_to(HOME)) not in ANYWHERE]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOME)))
def test_a_module_imports_only_what_comes_before_it(path):
    own = path.relative_to(HOME).parts[0].removesuffix(".py")
    allowed = ORDER[: ORDER.index(own) + 1]
    found = {name for module in imports(ast.parse(path.read_text("utf-8"))) if (name := part(module))}
    assert found <= set(allowed), sorted(found - set(allowed))
