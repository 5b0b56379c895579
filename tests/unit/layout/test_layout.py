"""Dependencies flow one way: a package imports only those before it."""

import ast
from pathlib import Path

import pytest

import crosswheel
from import_circles import ImportGraph, When

HOME = Path(crosswheel.__file__).parent
ORDER = (
    "errors", "targets", "platforms", "host", "toml_models", "settings", "store", "object_files", "downloads",
    "sealing", "recipes", "toolchains", "pythons", "environments", "build_systems", "native_libraries", "sources",
    "wheels", "cross_requirements", "runners", "testing", "building", "recipe_tools", "package_index", "api", "doctor",
    "cli",
)  # fmt: skip
ANYWHERE = {"__init__.py", "__main__.py"}
GRAPH = ImportGraph.read(HOME.parent)


def part(module: str) -> str | None:
    words = module.split(".")
    return words[1] if words[0] == "crosswheel" and len(words) > 1 else None


MODULES = {"/".join(path.parts[2:]): name for name, path in GRAPH.modules.items() if path.parts[1] == "crosswheel"}


def test_every_file_is_read():
    assert set(MODULES) == {path.relative_to(HOME).as_posix() for path in HOME.rglob("*.py")}


@pytest.mark.parametrize("path", [path for path in MODULES if path not in ANYWHERE])
def test_a_module_imports_only_what_comes_before_it(path):
    own = path.split("/")[0].removesuffix(".py")
    allowed = ORDER[: ORDER.index(own) + 1]
    imports = (each for each in GRAPH.imports if each.importer == MODULES[path])
    # Type checkers see more; functions do not.
    found = {name for each in imports if each.when is not When.TYPE_CHECKING and (name := part(each.imported))}
    assert found <= set(allowed), sorted(found - set(allowed))


@pytest.mark.parametrize("path", MODULES)
def test_a_program_begins_after_all_its_definitions(path):
    """``python -m`` runs a module from its top: what is defined below the call of the program does not exist yet."""
    body = ast.parse((HOME / path).read_text("utf-8")).body
    assert not any(isinstance(node, ast.If) and "__name__" in ast.unparse(node.test) for node in body[:-1])
