"""Measured tables: their data have revisions, and pages are what the data give."""

import json
import re
import shutil

import pytest

from measured import main
from measurements.data import (
    DOCS,
    MEASURED,
    RECORDED,
    TABLES,
    Table,
    add_rows,
    keep_rows,
    platform_of,
    stamp,
    subject_of,
)
from measurements.pages import outdated, pages, provenance, write_pages
from measurements.release import document_of

STAMP = {"revision": "abcdef0", "revision_is": MEASURED, "date": "2026-12-01"}
NAMES = [table.name for table in TABLES]


@pytest.fixture
def docs(tmp_path):
    return shutil.copytree(DOCS, tmp_path / "docs")


def corpus_row(package="regex==1.0", target="manylinux_2_31_riscv64", **more):
    row = {"package": package, "target": target, "python": "3.13", "result": "passed", "remark": "", "seconds": 1.0}
    return row | STAMP | more


def official_row(name, official="official.whl", **more):
    return {"ours": name, "official": official, "missing": [], "verdict": "same"} | STAMP | more


def table(name: str) -> Table:
    return next(each for each in TABLES if each.name == name)


def test_pages_are_what_the_data_give():
    assert outdated() == [], "run tools/measured.py pages"


def test_every_file_of_data_is_a_table_and_every_summary_is_on_a_page():
    assert sorted(NAMES) == sorted(path.stem for path in (DOCS / "measured").glob("*.json"))
    texts = "\n".join(path.read_text("utf-8") for path in DOCS.rglob("*.md"))
    assert {*re.findall(r"^<!-- measured: (\S+) -->$", texts, re.MULTILINE)} == {*NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_every_row_has_a_revision_and_no_row_is_there_twice(name):
    rows = table(name).read()["rows"]
    assert rows
    for row in rows:
        # One that ends in -dirty cannot be looked up.
        assert re.fullmatch(r"[0-9a-f]{7,40}", row["revision"]), row
        assert row["revision_is"] in {MEASURED, RECORDED}
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", row["date"])
    assert len({(subject_of(row), platform_of(row)) for row in rows}) == len(rows)


@pytest.mark.parametrize("name", NAMES)
def test_changed_data_make_the_page_and_the_summary_old(docs, name):
    document = table(name).read(docs)
    document["rows"][0]["revision"] = "abcdef0"
    table(name).write(document, docs)
    old = outdated(docs)
    assert f"measured/{name}.md" in old
    assert len(old) == 2
    assert write_pages(docs) == old
    assert outdated(docs) == []
    assert all("`abcdef0`" in (docs / page).read_text("utf-8") for page in old)


def test_changed_pages_are_noticed_and_written_again(docs):
    before = {name: (docs / name).read_text("utf-8") for name in pages(docs)}
    (docs / "measured" / "release.md").unlink()
    (docs / "measured" / "corpus.md").write_text("old", encoding="utf-8")
    text = before["official.md"]
    (docs / "official.md").write_text(text.replace(" wheels agree with", " wheels differ from", 1), encoding="utf-8")
    changed = ["measured/corpus.md", "measured/release.md", "official.md"]
    assert sorted(outdated(docs)) == changed
    assert sorted(write_pages(docs)) == changed
    assert {name: (docs / name).read_text("utf-8") for name in before} == before


def test_text_around_a_block_stays(docs):
    page = docs / "corpus.md"
    page.write_text(f"before\n{page.read_text('utf-8')}after\n", encoding="utf-8")
    assert outdated(docs) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<!-- measured: nothing -->\n<!-- end -->\n", "page.md: no measured table nothing"),
        ("<!-- measured: corpus -->\n", "page.md: a measured block has no <!-- end -->"),
        (
            "<!-- measured: corpus -->\n<!-- measured: macos -->\n<!-- end -->\n",
            "page.md: a measured block has no <!-- end -->",
        ),
    ],
)
def test_a_wrong_block_is_an_error(docs, text, message):
    (docs / "page.md").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=re.escape(message)):
        pages(docs)


def test_the_summary_counts_results_and_lists_failures(docs):
    add_rows("corpus", [corpus_row("lost==2.0", result="failed", remark="no header")], docs)
    found = table("corpus").read(docs)["rows"]
    ours = [row for row in found if row["target"] == "manylinux_2_31_riscv64"]
    passed, failed = (sum(row["result"] == result for row in ours) for result in ("passed", "failed"))
    text = pages(docs)["corpus.md"]
    assert f"| `manylinux_2_31_riscv64` | 3.13 | {len(ours)} | {passed} | 0 | {failed} |\n" in text
    assert "- **lost 2.0** for `manylinux_2_31_riscv64`: no header\n" in text


def test_new_rows_replace_those_of_the_same_project_and_platform(docs):
    shutil.rmtree(docs / "measured")
    (docs / "measured").mkdir()
    add_rows("corpus", [corpus_row(), corpus_row(target="win_amd64"), corpus_row("yarl==1.0")], docs)
    add_rows("corpus", [corpus_row("regex==2.0")], docs)
    assert [row["package"] for row in table("corpus").read(docs)["rows"]] == ["regex==2.0", "yarl==1.0"]
    assert [row["package"] for row in table("windows").read(docs)["rows"]] == ["regex==1.0"]
    wheels = (
        "a-1.0-cp313-cp313-manylinux2014_i686.manylinux_2_17_i686.whl",
        "a-2.0-cp313-cp313-manylinux_2_17_i686.whl",
    )
    for wheel in (*wheels, "a-1.0-cp313-cp313-macosx_11_0_arm64.whl"):
        add_rows("official", [official_row(wheel)], docs)
    assert [row["ours"] for row in table("official").read(docs)["rows"]] == [wheels[1]]
    assert len(table("official-macos").read(docs)["rows"]) == 1
    with pytest.raises(ValueError, match="no table of kind official for pyodide_2025_0_wasm32"):
        add_rows("official", [official_row("a-1.0-cp313-cp313-pyodide_2025_0_wasm32.whl")], docs)


def test_rows_of_libraries_without_a_recipe_are_removed(docs):
    keep_rows("libraries", {"zlib", "zstd"}, docs)
    assert {row["library"] for row in table("libraries").read(docs)["rows"]} == {"zlib", "zstd"}


def test_differences_from_official_wheels(docs):
    name = "zzz-1.0-cp313-cp313-win_amd64.whl"
    add_rows("official", [official_row(name, verdict="differs", missing=["x"], dlls=["y.dll"])], docs)
    made = pages(docs)
    assert (
        f"| {name} | official.whl | differs | missing x / other DLLs: y.dll |\n" in made["measured/official-windows.md"]
    )
    assert re.search(r"^Different: .*\bzzz \(`win_amd64`\)\.$", made["official.md"], re.MULTILINE)


def test_the_revisions_of_rows_in_words():
    recorded = [
        STAMP | {"revision": name, "revision_is": RECORDED, "date": "2026-11-21"} for name in ("b" * 7, "a" * 7)
    ]
    assert provenance([STAMP, STAMP]) == "Measured at `abcdef0` (2026-12-01)."
    assert provenance(recorded) == (
        "Data of commits `aaaaaaa`, `bbbbbbb` (2026-11-21); the revision they were measured at was not recorded."
    )
    assert provenance([STAMP, recorded[0]]) == (
        "Measured at `abcdef0` (2026-12-01). Other rows are data of commit `bbbbbbb` (2026-11-21); "
        "the revision they were measured at was not recorded."
    )


def test_a_release_is_summed_up_without_its_paths():
    result = {"target": "win32", "python": "3.13", "stage": "tested", "remark": "", "wheel": "/home/x/a.whl"}
    document = document_of({"seconds": 3.0, "results": [result | {"seconds": {"build": 1.04, "fetch": 1.0}}]})
    (row,) = document["rows"]
    assert row["seconds"] == {"environment": 0.0, "build": 1.0, "repair": 0.0, "audit": 0.0, "test": 0.0}
    assert row["total"] == 2.0
    assert "/home" not in json.dumps(document)


class FakeHost:
    """Answers as git would."""

    def __init__(self, status: int, changes: str):
        self.status, self.changes = status, changes

    def run(self, *argv, cwd):
        stdout = "1234567\n" if "log" in argv else self.changes
        return type("Outcome", (), {"ok": self.status == 0, "stdout": stdout})


def test_the_revision_of_a_measurement():
    assert stamp(FakeHost(0, "")) | {"date": ""} == {"revision": "1234567", "revision_is": MEASURED, "date": ""}
    assert stamp(FakeHost(0, " M src/x.py\n"))["revision"] == "1234567-dirty"
    with pytest.raises(SystemExit, match="git failed"):
        stamp(FakeHost(128, ""))


def test_the_command_checks_without_writing(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["measured.py", "pages", "--check"])
    assert main() == 0
    assert capsys.readouterr().out == "pages and data agree\n"
    monkeypatch.setattr("measured.outdated", lambda: ["corpus.md"])
    assert main() == 1
    assert capsys.readouterr().out == "differs from the data: docs/corpus.md\n"
