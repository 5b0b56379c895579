"""The script that prints import circles, on made-up trees and on the sources."""

import pytest

from import_circles import SOURCES, ImportGraph, When, find_modules, main


@pytest.fixture
def tree(tmp_path):
    """A function that writes modules, by path below the sources, and reads their graph."""

    def write(files: dict[str, str]) -> ImportGraph:
        for name, text in files.items():
            path = tmp_path / "src" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return ImportGraph.read(tmp_path / "src")

    return write


def circles(graph: ImportGraph, when: When = When.LOAD) -> list[tuple[str, ...]]:
    return [circle.modules for circle in graph.circles(when)]


TYPING = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    "


def test_a_chain_of_imports_is_no_circle(tree):
    graph = tree({"p/__init__.py": "", "p/a.py": "import p.b\n", "p/b.py": "from p.c import x\n", "p/c.py": "x = 1\n"})
    assert circles(graph) == circles(graph, When.TYPE_CHECKING) == circles(graph, When.DEFERRED) == []
    assert {(each.importer, each.imported) for each in graph.imports} == {("p.a", "p.b"), ("p.b", "p.c")}


def test_two_modules_that_import_each_other(tree):
    graph = tree({"p/__init__.py": "", "p/a.py": "import os\nimport p.b\n", "p/b.py": "from p.a import x\n"})
    assert circles(graph) == [("p.a", "p.b")]


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    import p.a\nexcept ImportError:\n    pass\n",
        "class B:\n    from p.a import x\n",
        "if True:\n    from p import a\n",
        "from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n    from p import a\n",
        f"{TYPING}pass\nelse:\n    from p import a\n",
        "from . import a\n",
        "from .a import x\n",
        "import os, p.a as a\n",
        "from p.a import *\n",
    ],
)
def test_every_way_to_import_at_load_time(tree, text):
    assert circles(tree({"p/__init__.py": "", "p/a.py": "import p.b\n", "p/b.py": text})) == [("p.a", "p.b")]


@pytest.mark.parametrize(
    "condition", ["if TYPE_CHECKING:", "if typing.TYPE_CHECKING:", "if not TYPE_CHECKING:\n    pass\nelse:"]
)
def test_a_circle_through_type_checking_only(tree, condition):
    graph = tree({"p/__init__.py": "", "p/a.py": "import p.b\n", "p/b.py": f"{condition}\n    from p.a import x\n"})
    assert circles(graph) == []
    assert circles(graph, When.TYPE_CHECKING) == [("p.a", "p.b")]


def test_an_import_inside_a_function_is_deferred(tree):
    graph = tree({"p/__init__.py": "", "p/a.py": "import p.b\n", "p/b.py": "def f():\n    from p.a import x\n"})
    assert circles(graph) == circles(graph, When.TYPE_CHECKING) == []
    assert circles(graph, When.DEFERRED) == [("p.a", "p.b")]


def test_type_checking_inside_a_function_is_deferred(tree):
    text = "def f():\n    if TYPE_CHECKING:\n        from p.a import x\n"
    graph = tree({"p/__init__.py": "", "p/a.py": "import p.b\n", "p/b.py": text})
    assert circles(graph, When.TYPE_CHECKING) == []
    assert circles(graph, When.DEFERRED) == [("p.a", "p.b")]


def test_a_package_may_export_names_of_its_modules_again(tree):
    graph = tree({
        "p/__init__.py": "from p.a import x\nfrom p import b\n",
        "p/a.py": "from p import b\nimport p.c\nx = 1\n",
        "p/b.py": "",
        "p/c/__init__.py": "from p.c.d import y\n",
        "p/c/d.py": "from p.b import z\ny = 1\n",
    })  # fmt: skip
    assert circles(graph, When.DEFERRED) == []


def test_a_module_that_takes_a_name_from_its_own_package(tree):
    graph = tree({"p/__init__.py": "from p.a import x\n", "p/a.py": "from p import y\n"})
    assert circles(graph) == [("p", "p.a")]


def test_a_module_that_imports_its_own_package(tree):
    graph = tree({"p/__init__.py": "from p.a import x\n", "p/a.py": "import p\n"})
    assert circles(graph) == [("p", "p.a")]


def test_a_name_that_the_package_binds_is_no_submodule(tree):
    graph = tree(
        {"p/__init__.py": "from p.a import x\nfrom p.b import b\n", "p/a.py": "from p import b\n", "p/b.py": ""}
    )
    assert circles(graph) == [("p", "p.a")]


def test_a_circle_through_the_package_of_what_is_imported(tree):
    graph = tree({
        "p/__init__.py": "",
        "p/a/__init__.py": "from p.a.one import x\n",
        "p/a/one.py": "import p.b\n",
        "p/a/two.py": "",
        "p/b.py": "from p.a.two import y\n",
    })  # fmt: skip
    assert circles(graph) == [("p.a", "p.a.one", "p.b")]
    (circle,) = graph.circles(When.LOAD)
    assert [str(each) for each in circle.imports] == [
        "src/p/a/__init__.py:1: p.a imports p.a.one",
        "src/p/a/one.py:1: p.a.one imports p.b",
        "src/p/b.py:1: p.b imports p.a (loaded by the import of p.a.two)",
    ]


def test_names_exported_lazily_are_no_imports(tree):
    lazily = "from importlib import import_module\ndef __getattr__(name):\n    return import_module('p.a').x\n"
    graph = tree({"p/__init__.py": lazily, "p/a.py": "from p import x\n"})
    assert circles(graph, When.DEFERRED) == []


def test_a_shortest_circle_is_shown(tree):
    graph = tree({
        "p/__init__.py": "",
        "p/a.py": "import p.b\n",
        "p/b.py": "import p.c\n",
        "p/c.py": "import p.a\n\n\nimport p.b\n",
    })  # fmt: skip
    (circle,) = graph.circles(When.LOAD)
    assert circle.modules == ("p.a", "p.b", "p.c")
    assert {str(each) for each in circle.imports} == {
        "src/p/b.py:1: p.b imports p.c",
        "src/p/c.py:4: p.c imports p.b",
    }


def test_a_directory_without_init_begins_another_tree(tree, tmp_path):
    tree({"p/__init__.py": "", "p/hook/q/__init__.py": "", "p/hook/q/a.py": "", "p/hook/loose.py": ""})
    assert [*find_modules(tmp_path / "src")] == ["p", "loose", "q", "q.a"]
    with pytest.raises(ValueError, match="two files are the module q"):
        tree({"p/other/q.py": ""})


def test_the_status_and_what_is_printed(tree, tmp_path, capsys):
    source = str(tmp_path / "src")
    tree({"p/__init__.py": "", "p/a.py": "import p.b\n", "p/b.py": "def f():\n    import p.a\n"})
    assert main([source]) == 0
    assert capsys.readouterr().out == "no import circles\n3 modules, 2 imports among them\n"
    assert main([source, "--deferred"]) == 0
    assert "import circle with the imports inside functions, 2 modules: p.a, p.b\n" in capsys.readouterr().out
    assert main([source, "--fail-deferred"]) == 1
    tree({"p/b.py": f"{TYPING}import p.a\n"})
    assert main([source]) == 1
    tree({"p/b.py": "import p.a\n"})
    capsys.readouterr()
    assert main([source]) == 1
    # A circle at load time is not repeated as one with TYPE_CHECKING.
    assert capsys.readouterr().out.splitlines() == [
        "import circle at load time, 2 modules: p.a, p.b",
        "  src/p/a.py:1: p.a imports p.b",
        "  src/p/b.py:1: p.b imports p.a",
        "3 modules, 2 imports among them",
    ]


def test_the_sources_have_no_import_circles(capsys):
    status = main([str(SOURCES)])
    printed = capsys.readouterr().out
    assert status == 0, printed
