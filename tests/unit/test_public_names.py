import ast
import sys
from pathlib import Path

import pytest

import crosswheel


def test_every_public_name_is_listed_and_can_be_imported():
    assert {name for name in dir(crosswheel) if not name.startswith("_")} == set(crosswheel.__all__)
    for name in crosswheel.__all__:
        assert getattr(crosswheel, name).__name__ == name
    assert dir(crosswheel) == sorted(dir(crosswheel))


def test_a_name_that_does_not_exist_is_refused():
    with pytest.raises(AttributeError, match="has no attribute 'nosuch'"):
        _ = crosswheel.nosuch


def test_type_checkers_see_every_public_name():
    """They read the imports under TYPE_CHECKING, which have to name what ``__getattr__`` imports."""
    path = Path(crosswheel.__file__)
    (block,) = [node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.If)]
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    declared = {alias.name: node.module for node in imports for alias in node.names}
    assert set(declared) == set(crosswheel.__all__)
    for name, module in declared.items():
        assert getattr(sys.modules.get(module) or __import__(module, fromlist=[name]), name) is getattr(
            crosswheel, name
        )
    assert (path.parent / "py.typed").is_file()
