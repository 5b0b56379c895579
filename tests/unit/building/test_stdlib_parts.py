"""Projects that build parts of the standard library."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crosswheel.building import stdlib_parts as module
from crosswheel.building.recipe_set import read_recipe_set
from crosswheel.building.stdlib_parts import stdlib_parts, write_part_project
from crosswheel.errors import EnvironmentMissingError
from crosswheel.targets import PythonVersion

PYTHON = PythonVersion(13)


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """CPython's sources, as Debian has them: only the files of one part."""
    tree = tmp_path / "sources"
    for name in ("Lib/sqlite3/__init__.py", "Lib/sqlite3/dbapi2.py", "Lib/lzma.py", "Modules/_sqlite/a.c",
                 "Modules/_sqlite/a.h", "Modules/_sqlite/clinic/a.c.h", "Modules/_lzmamodule.c"):  # fmt: skip
        file = tree / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    asked = []
    monkeypatch.setattr(module, "fetch_source", lambda _host, *words: asked.append(words) or tree)
    return tree


def test_a_project_has_the_files_of_its_part_only(context, sources, tmp_path):
    part = write_part_project(context.host, "sqlite3", PYTHON, tmp_path / "project")
    written = {path.relative_to(tmp_path / "project").as_posix() for path in (tmp_path / "project").rglob("*.*")}
    assert written == {
        "sqlite3/__init__.py", "sqlite3/dbapi2.py", "Modules/_sqlite/a.c", "Modules/_sqlite/a.h",
        "Modules/_sqlite/clinic/a.c.h", "part.json", "pyproject.toml", "setup.py",
    }  # fmt: skip
    assert part.libraries == ("sqlite",)
    described = json.loads((tmp_path / "project" / "part.json").read_text())
    assert (described["name"], described["packages"], described["modules"]) == ("stdlib-sqlite3", ["sqlite3"], [])


@pytest.mark.parametrize(
    ("name", "python", "reason"), [("lzma", "3.12", "no sources of Python 3.12"), ("ssl", "3.13", "no recipe")]
)
def test_what_cannot_be_built_is_named(context, sources, tmp_path, name, python, reason):
    with pytest.raises(EnvironmentMissingError, match=rf"{name} of Python's standard library.*{reason}"):
        write_part_project(context.host, name, PythonVersion.parse(python), tmp_path / "project")


def test_every_part_has_code_and_recipes_of_its_libraries():
    recipes = read_recipe_set({}, ()).catalogue
    for part in stdlib_parts().values():
        assert part.modules or part.sources
        assert bool(part.extension) == bool(part.sources)
        assert all(name in recipes.recipes for name in part.libraries)
