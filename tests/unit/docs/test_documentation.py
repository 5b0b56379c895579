import importlib.util
import re
import tomllib
import xml.etree.ElementTree as ET
from importlib import import_module
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from crosswheel.cli.options import cli_options
from crosswheel.errors import CrosswheelError, ExitStatus
from crosswheel.settings import Settings
from crosswheel.toml_models import Table

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def generator():
    spec = importlib.util.spec_from_file_location("generate_reference", ROOT / "tools" / "generate_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_pages_are_up_to_date():
    assert generator().outdated() == [], "run tools/generate_reference.py"


def test_an_outdated_page_is_noticed(tmp_path):
    made = generator()
    texts = made.pages()
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert made.outdated(tmp_path) == []
    (tmp_path / "settings.md").write_text("old", encoding="utf-8")
    (tmp_path / "targets.md").unlink()
    assert sorted(made.outdated(tmp_path)) == ["settings.md", "targets.md"]


def test_every_exit_status_is_documented_and_no_other():
    text = (DOCS / "reference" / "exit-status.md").read_text("utf-8")
    assert {int(number) for number in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)} == {*ExitStatus}


def test_every_kind_of_error_has_a_documented_status():
    for kind in CrosswheelError.__subclasses__():
        assert kind.status in ExitStatus


def test_every_dependency_is_justified_and_no_other():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {Requirement(text).name for text in project["dependencies"]}
    text = (DOCS / "dependencies.md").read_text("utf-8")
    rows = re.findall(r"^\| ([\w-]+) \| (.+) \| (.+) \|$", text, re.MULTILINE)
    assert {name for name, _, _ in rows if name != "dependency"} == declared


def test_every_page_is_in_the_navigation():
    navigation = (ROOT / "mkdocs.yml").read_text("utf-8")
    for page in DOCS.rglob("*.md"):
        assert f" {page.relative_to(DOCS)}\n" in navigation


@pytest.mark.parametrize(
    "page",
    [*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_links_lead_somewhere(page):
    for link in LINK.findall(page.read_text("utf-8")):
        if "://" not in link:
            assert (page.parent / link).exists(), link


def test_the_picture_is_well_formed_and_told_in_words():
    root = ET.parse(DOCS / "images" / "flow.svg").getroot()
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert {"title", "desc"} <= names


def test_source_files_named_in_the_documentation_exist():
    for page in (*DOCS.rglob("*.md"), ROOT / "CONTRIBUTING.md"):
        for name in re.findall(r"`((?:src/crosswheel/)?\w+(?:/\w+)+\.(?:py|toml))", page.read_text("utf-8")):
            places = (ROOT / name, ROOT / "src" / "crosswheel" / name)
            assert any(place.is_file() for place in places), f"{page.name}: {name}"


def every_table(base=Table):
    """Table models, of all modules that define some."""
    import_module("crosswheel.native_libraries.recipe")
    import_module("crosswheel.recipes.model")
    yield base
    for child in base.__subclasses__():
        yield from every_table(child)


def test_the_changelog_lists_former_spellings():
    """Of the tables of crosswheel itself; other tests define tables too."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    changed = text.split("### Changed", 1)[1].split("###", 1)[0]
    tables = [table for table in every_table() if table.__module__.startswith("crosswheel.")]
    renamed = {**dict(pair for table in tables for pair in table.old_keys.items())}
    assert len(renamed) >= 6
    for option, _ in cli_options(Settings).values():
        for old in option.old_names:
            renamed[old.partition("/")[0]] = option.names[0].partition("/")[0]
    for old, new in renamed.items():
        assert re.search(rf"\|[^|]*`\[*{re.escape(old)}\]*`[^|]*\|[^|]*`\[*{re.escape(new)}\]*`", changed), old
