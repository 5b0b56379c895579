"""Cache keys of libraries, damaged ones in the store, and errors in their recipes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from fake_hosts import Shelf, digest, fake_host, tarball
from recipes_of_libraries import target, written

import crosswheel
from crosswheel.environments.packages import RequirementSource
from crosswheel.errors import SourceError, UsageError
from crosswheel.host import NullProgress
from crosswheel.native_libraries import LibraryBuilder, builder, read_catalogue
from crosswheel.native_libraries.build import LibraryBuild
from crosswheel.store import Store
from import_circles import ImportGraph, When

ARCHIVE = tarball({"answer-1.0/answer.c": b"int answer(void) { return 42; }\n"})
PATCH = """\
--- a/answer.c
+++ b/answer.c
@@ -1 +1 @@
-int {was}(void) {{ return 42; }}
+int answer(void) {{ return {now}; }}
"""


@dataclass
class RecordedNotes(NullProgress):
    """Records the notes."""

    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.notes.append(text)


@dataclass
class FakeToolchain:
    """A toolchain that nothing is built with."""

    target: object
    identity: str = "toolchain"


def recipe(directory: Path, name: str, *, depends: Iterable[str] = (), patches: str = "", sha256: str = "") -> Path:
    text = written(name, sha256 or digest(ARCHIVE), depends=depends, more=patches)
    (directory / f"{name}.toml").write_text(text)
    (directory / "answer.tar.gz").write_bytes(ARCHIVE)
    return directory / f"{name}.toml"


def patch(directory: Path, *, was: str = "answer", now: str = "43", select: str = "*") -> str:
    (directory / "more.patch").write_text(PATCH.format(was=was, now=now))
    return f'patches = [{{ file = "more.patch", select = "{select}" }}]'


def library_builder(directory: Path, alias: str = "linux-riscv64") -> LibraryBuilder:
    host = fake_host(directory, Shelf(directory))
    store = Store(directory / "store", RecordedNotes())
    return LibraryBuilder(host, FakeToolchain(target(alias)), read_catalogue((directory,)), store, RequirementSource())


def keys(directory: Path, alias: str = "linux-riscv64") -> dict[str, str]:
    libraries = library_builder(directory, alias).keys(["dependent", "other"])
    return {library.name: key.digest for library, key in libraries}


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


@pytest.fixture
def family(tmp_path: Path) -> Path:
    """A library, one that needs it, and one that does not."""
    recipe(tmp_path, "answer", patches=patch(tmp_path))
    recipe(tmp_path, "dependent", depends=["answer"])
    recipe(tmp_path, "other")
    return tmp_path


def test_a_patch_changes_the_keys_of_dependents(family: Path) -> None:
    before = keys(family)
    patch(family, now="44")
    assert changed(before, keys(family)) == {"answer", "dependent"}


def test_a_patch_changes_the_keys_of_selected_targets(family: Path) -> None:
    recipe(family, "answer", patches=patch(family, select="*_wasm32"))
    plain, wasm = keys(family), keys(family, "pyodide-3.13")
    patch(family, now="44", select="*_wasm32")
    assert changed(plain, keys(family)) == set()
    assert changed(wasm, keys(family, "pyodide-3.13")) == {"answer", "dependent"}


@pytest.mark.parametrize("line", ['macros = ["STATIC"]', 'system-libraries = ["bcrypt"]', 'options = ["--fast"]'])
def test_an_override_changes_the_keys_of_its_targets(family: Path, line: str) -> None:
    plain, windows = keys(family), keys(family, "win-amd64")
    file = family / "answer.toml"
    file.write_text(f'{file.read_text()}[[overrides]]\nselect = ["win*"]\n{line}\n')
    assert changed(plain, keys(family)) == set()
    assert changed(windows, keys(family, "win-amd64")) == {"answer", "dependent"}


def test_the_code_of_crosswheel_is_part_of_keys(family: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = keys(family)
    monkeypatch.setattr(builder, "code_digest", lambda *packages, without: f"{packages} {without} changed")
    assert changed(before, keys(family)) == {"answer", "dependent", "other"}


def test_all_code_that_builds_libraries_is_part_of_keys_or_excluded_with_a_reason() -> None:
    """Of packages that :mod:`crosswheel.native_libraries` imports, directly or through others."""
    graph = ImportGraph.read(Path(crosswheel.__file__).parents[1])
    pairs = {(each.importer, each.imported) for each in graph.imports if each.when is not When.TYPE_CHECKING}
    packages = {(a.split(".")[1], b.split(".")[1]) for a, b in pairs if "." in a and "." in b}
    reached: set[str] = {"native_libraries"}
    while more := {b for a, b in packages if a in reached} - reached:
        reached |= more
    assert reached - {"errors"} <= {*builder._CODE, *builder.NOT_IN_KEY}
    assert not {*builder._CODE} & {*builder.NOT_IN_KEY}
    assert reached >= {*builder.NOT_IN_KEY}


def test_other_sources_change_the_keys_of_dependents(family: Path) -> None:
    before = keys(family)
    file = family / "answer.toml"
    file.write_text(file.read_text().replace(digest(ARCHIVE), "0" * 64))
    assert changed(before, keys(family)) == {"answer", "dependent"}


def test_another_language_changes_the_keys_of_dependents(family: Path) -> None:
    before = keys(family)
    file = family / "answer.toml"
    file.write_text(f'language = "c++"\n{file.read_text()}')
    assert changed(before, keys(family)) == {"answer", "dependent"}


@pytest.mark.parametrize(
    "other", [FakeToolchain(target("linux-riscv64"), "another"), FakeToolchain(target("linux-s390x"))]
)
def test_another_toolchain_or_target_changes_all_keys(family: Path, other: FakeToolchain) -> None:
    before = keys(family)
    libraries = replace(library_builder(family), toolchain=other).keys(["dependent", "other"])
    after = {library.name: key.digest for library, key in libraries}
    assert changed(before, after) == {"answer", "dependent", "other"}


def test_other_tools_change_all_keys(family: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = keys(family)
    monkeypatch.setattr(builder, "tool_identity", lambda _: ("another",))
    assert changed(before, keys(family)) == {"answer", "dependent", "other"}


def test_a_damaged_library_is_reported_and_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = []

    def build(build: LibraryBuild, sources: Path, destination: Path) -> None:
        built.append(build.library.name)
        (destination / "libanswer.a").write_bytes((sources / "answer.c").read_bytes())

    monkeypatch.setattr(LibraryBuild, "build", build)
    recipe(tmp_path, "answer")
    for _ in range(2):
        directory = library_builder(tmp_path).build_all(["answer"])["answer"].directory
    assert built == ["answer"]
    (directory / "libanswer.a").write_bytes(b"something else")
    again = library_builder(tmp_path)
    assert again.build_all(["answer"])["answer"].directory == directory
    assert built == ["answer", "answer"]
    assert (directory / "libanswer.a").read_bytes().startswith(b"int answer")
    (note,) = again.store.progress.notes
    assert note.startswith("library answer-1.0")
    assert "is damaged (libanswer.a" in note


@pytest.mark.parametrize(
    ("changes", "message", "hint"),
    [
        (
            {"sha256": "0" * 64},
            r"the sources are not available: answer\.tar\.gz: hash mismatch: expected",
            "add a mirror",
        ),
        ({"sha256": "beef"}, "'beef' is no SHA-256", ""),
        ({"patches": {"was": "question"}}, r"hunk 1 of 1 does not apply to answer\.c", "update the patch"),
    ],
)
def test_errors_about_sources_name_the_library(tmp_path: Path, changes, message: str, hint: str) -> None:
    patches = changes.pop("patches", None)
    recipe(tmp_path, "answer", patches=patch(tmp_path, **patches) if patches else "", **changes)
    with pytest.raises(SourceError, match=f"the sources of the library answer-1.0: {message}") as caught:
        library_builder(tmp_path).build_all(["answer"])
    assert caught.value.where
    assert (caught.value.hint or "").startswith(hint)
    assert not list((tmp_path / "store").rglob("content"))


def test_missing_mirrors_are_all_named(tmp_path: Path) -> None:
    file = recipe(tmp_path, "answer")
    (tmp_path / "answer.tar.gz").unlink()
    with pytest.raises(SourceError, match=r"answer\.tar\.gz: there is no such file"):
        library_builder(tmp_path).build_all(["answer"])
    file.write_text(file.read_text().replace('"answer.tar.gz"', '"gone.tar.gz", "debian:pool/a/answer.tar.gz"'))
    with pytest.raises(SourceError, match=r"gone\.tar\.gz: .*; debian:pool/a/answer\.tar\.gz: HTTP error 404"):
        library_builder(tmp_path).build_all(["answer"])


def test_a_patch_that_is_missing(tmp_path: Path) -> None:
    recipe(tmp_path, "answer", patches='patches = [{ file = "lost.patch" }]')
    with pytest.raises(SourceError, match=r"there is no patch lost\.patch"):
        library_builder(tmp_path).keys(["answer"])


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ('license = "MIT"', 'licence = "MIT"', "unknown key 'licence'", "did you mean 'license'?"),
        ("[provides]", "[provides]\nlibrary = ['z']", "unknown key 'library' in provides", "did you mean 'libraries'?"),
        ('system = "make"', 'system = "scons"', "build.system", ""),
        ("summary = ", "sumary = ", "unknown key 'sumary'", "did you mean 'summary'?"),
        ('version = "1.0"', "", "version", ""),
    ],
)
def test_a_mistake_in_a_recipe_names_file_and_key(tmp_path: Path, old: str, new: str, message: str, hint: str) -> None:
    file = recipe(tmp_path, "answer")
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(UsageError) as caught:
        read_catalogue((tmp_path,))
    assert message in caught.value.what
    assert str(file) in (caught.value.where or "")
    assert hint in (caught.value.hint or "")


def test_two_recipes_of_one_name_are_an_error(tmp_path: Path) -> None:
    for name in ("mine", "yours"):
        (tmp_path / name).mkdir()
        recipe(tmp_path / name, "answer")
    with pytest.raises(UsageError, match="two recipes of answer") as caught:
        read_catalogue((tmp_path / "mine", tmp_path / "yours"))
    assert caught.value.where == str(tmp_path / "yours" / "answer.toml")
    assert str(tmp_path / "mine" / "answer.toml") in (caught.value.hint or "")
