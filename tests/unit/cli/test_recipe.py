import json
from pathlib import Path

import pytest

from crosswheel.cli import main
from crosswheel.cli.session import Session
from crosswheel.recipe_tools import RecipeFinding


@pytest.fixture
def findings(services, monkeypatch):
    """What a check finds; a test fills it."""
    found = []
    monkeypatch.setattr(services, "check_recipes", lambda *_, **__: tuple(found))
    return found


def test_recipes_are_listed_and_shown(run):
    status, out, _ = run("recipe", "list")
    assert status == 0
    assert "library" in out
    assert "zlib" in out
    status, out, _ = run("recipe", "show", "zlib")
    assert status == 0
    assert "[build]" in out


def test_a_package_without_a_recipe_is_no_mystery(run):
    status, _, err = run("recipe", "show", "nosuch")
    assert status == 2
    assert "it is built without one" in err


def test_the_list_is_a_document_too(run):
    listed = json.loads(run("recipe", "list", "--json")[1])["recipes"]
    assert {"kind", "name", "version", "status", "file"} == set(listed[0])


@pytest.mark.parametrize(("error", "expected"), [(True, 2), (False, 0)])
def test_a_wrong_recipe_decides_the_status(run, findings, error, expected):
    findings.append(RecipeFinding(Path("demo.toml"), "something", error))
    status, out, _ = run("recipe", "check")
    assert status == expected
    assert "something" in out


def test_sound_recipes_are_said_to_be(run, findings):
    assert "ok" in run("recipe", "check")[1]


def test_an_update_says_from_where_to_where(services, monkeypatch, capsys, tmp_path):
    (tmp_path / "demo.toml").write_text("")
    monkeypatch.setattr(services, "update_recipe", lambda *_, **__: ("1.0", "1.1"))
    assert main(["recipe", "update", str(tmp_path / "demo.toml")], Session(services)) == 0
    assert "1.0 -> 1.1" in capsys.readouterr().out
