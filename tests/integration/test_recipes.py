"""Recipes in Pyodide's format build and run on their targets; what has not changed is not built again."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from commands import Command

from crosswheel.api import build
from crosswheel.building.options import BuildOptions
from crosswheel.building.recipe_set import requirements_of_recipes
from crosswheel.building.results import Stage, WheelResult
from crosswheel.errors import ExitStatus, UsageError
from crosswheel.host import Host, NullProgress
from crosswheel.wheels.archive import read_wheel

pytest.importorskip("yaml")
RECIPES = Path(__file__).parent.parent / "packages" / "recipes"
WORKS = {
    "markupsafe": "import markupsafe._speedups as m; assert m.MARKED_TWICE == 14",
    "answers": "import answers; assert answers.answer() == 1",
    "called": "from called import lib; assert (lib.twice(4), lib.asked()) == (8, 42)",
    "inflated": "import inflated; assert 0 < inflated.there_and_back() < 100",
    "plusplus": "import plusplus; assert plusplus.three() == 3",
    "squeezed": "import squeezed; assert 0 < squeezed.squeezed() < 100",
    "xxhash": "import xxhash; assert xxhash.xxh32(b'').intdigest() == 0x2CC5D05",
    "tested": "import tested.tests.keep",
    "untouched": "import untouched.made, untouched.tests.test_it",
    "pyyaml": "import yaml; assert yaml.load('a: 1', Loader=yaml.CSafeLoader) == {'a': 1}",
    "flagged": "import flagged; assert flagged.colour() == 'green'",
    "wrapt": "import wrapt._wrappers",
}
"""What holds of the wheel of a recipe on its target."""


def meta(name: str, place: Path = RECIPES) -> str:
    return str(place / name / "meta.yaml")


@pytest.mark.network
@pytest.mark.parametrize("target", ["linux-riscv64", "pyodide"])
@pytest.mark.parametrize("name", sorted(WORKS))
def test_a_recipe_builds_and_runs(host, tmp_path, name, target):
    options = BuildOptions(
        output_directory=tmp_path, recipes=(meta(name),), rebuild=True, test=True,
        test_commands=(f'python -c "{WORKS[name]}"',),
    )  # fmt: skip
    (result,) = build(
        requirements_of_recipes([meta(name)]), targets=[target], pythons=["3.13"], options=options, host=host
    )
    assert result.error is None, result.error
    assert result.stage is Stage.TESTED
    names = read_wheel(result.wheel).files
    archives = [path.name for path in tmp_path.glob("*-tests.tar.gz")]
    assert archives == (["tested-1.0-tests.tar.gz"] if name == "tested" else [])
    assert any("test_it.py" in path for path in names) == (name == "untouched")
    assert ("untouched/made.py" in names) == (name == "untouched")


@pytest.fixture
def recipes(tmp_path):
    """A copy that may be changed."""
    return shutil.copytree(RECIPES, tmp_path / "recipes")


class Notes(NullProgress):
    """Remembers what was noted."""

    def __init__(self):
        self.said = []

    def note(self, text):
        self.said.append(text)


def machine(directory: Path, host: Host) -> Host:
    """The build machine with a cache of its own, but for what recipes cannot change."""
    directory.mkdir()
    place = Command(directory).prepare(host)
    downloads = replace(host.downloader, cache=host.cache / "downloads")
    return replace(host, cache=place.cache, logs=place.logs, downloader=downloads, progress=Notes())


@pytest.fixture
def one(tmp_path, host):
    return machine(tmp_path / "one", host)


def built(host: Host, recipes: Path, *names: str, **options: Any) -> tuple[WheelResult, ...]:
    files = tuple(meta(name, recipes) for name in names)
    chosen = BuildOptions(output_directory=host.cache.parent / "dist", recipes=files, **options)
    return build(requirements_of_recipes(files), targets=["linux-riscv64"], pythons=["3.13"], options=chosen, host=host)


def unchanged(host: Host, recipes: Path, *names: str, **options: Any) -> list[str]:
    results = built(host, recipes, *names, **options)
    assert [result.error for result in results if result.error] == []
    return [name for name, result in zip(names, results, strict=True) if result.cached]


@pytest.mark.network
def test_what_has_not_changed_is_not_built(one, recipes):
    names = ("markupsafe", "answers", "squeezed")
    output = one.cache.parent / "dist"
    assert unchanged(one, recipes, *names) == []
    shutil.rmtree(one.logs)
    first = {path.name: path.read_bytes() for path in output.iterdir()}
    shutil.rmtree(output)
    assert unchanged(one, recipes, *names) == [*names]
    assert list(one.logs.rglob("calls.log")) == []
    assert {path.name: path.read_bytes() for path in output.iterdir()} == first

    changed(recipes / "markupsafe" / "extras" / "marked.h", "2", "3")
    assert unchanged(one, recipes, *names) == ["answers", "squeezed"]

    for patched, kept in ("markupsafe", ["answers", "squeezed"]), ("liblz4only", ["markupsafe", "answers"]):
        (patch,) = (recipes / patched / "patches").iterdir()
        changed(patch, "--- a/", "--- o/")
        assert unchanged(one, recipes, *names) == kept

    changed(recipes / "liblz4only" / "meta.yaml", "$CFLAGS", "$CFLAGS -DX")
    assert unchanged(one, recipes, *names) == ["markupsafe", "answers"]

    source = recipes / "answers" / "src" / "answers.c"
    source.write_text(source.read_text() + "\n")
    assert unchanged(one, recipes, *names) == ["markupsafe", "squeezed"]


@pytest.mark.network
def test_a_shared_store_serves_others(one, recipes, tmp_path, host):
    shared = str(tmp_path / "shared")
    assert unchanged(one, recipes, "squeezed", store=shared) == []
    two = machine(tmp_path / "two", host)
    assert unchanged(two, recipes, "squeezed", store=shared) == ["squeezed"]
    (wheels,) = {frozenset(path.read_bytes() for path in (each.cache.parent / "dist").iterdir()) for each in (one, two)}
    assert len(wheels) == 1


@pytest.mark.network
def test_a_damaged_artifact_is_reported_and_made_again(one, recipes):
    unchanged(one, recipes, "answers")
    (wheel,) = (one.cache / "store" / "wheel").glob("answers-*/content/*.whl")
    wheel.write_bytes(wheel.read_bytes()[:-1])
    assert unchanged(one, recipes, "answers") == []
    assert any("is damaged" in text for text in one.progress.said)
    assert unchanged(one, recipes, "answers") == ["answers"]


def changed(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


@pytest.mark.network
@pytest.mark.parametrize(
    ("name", "file", "old", "new", "status", "said"),
    [
        ("markupsafe", "markupsafe/patches/marked.patch", " #define GET_DELTA", " #define GET_GAMMA",
         ExitStatus.SOURCE, "hunk 1 of 2 does not apply to src/markupsafe/_speedups.c"),
        ("wrapt", "wrapt/meta.yaml", "sha256: 41", "sha256: 42", ExitStatus.SOURCE, "hash mismatch"),
        ("squeezed", "liblz4only/meta.yaml", "lz4-4.4.4.tar.gz", "lz4-4.4.0.tar.gz", ExitStatus.SOURCE,
         "the sources are not available"),
        ("shelved", "shelved/meta.yaml", "shelved", "shelved", ExitStatus.BUILD, "it is _disabled"),
        ("answers", "answers/meta.yaml", "- bash", "- no-such", ExitStatus.ENVIRONMENT, "has no program no-such"),
        ("answers", "answers/meta.yaml", "test -f", "test -d", ExitStatus.BUILD, "the script before-backend ended"),
        ("squeezed", "liblz4only/meta.yaml", "$AR rcs", "false; $AR rcs", ExitStatus.BUILD,
         "the library liblz4only-4.4.4 does not build"),
    ],
)  # fmt: skip
def test_recipes_that_cannot_be_followed_say_why(one, recipes, name, file, old, new, status, said):
    changed(recipes / file, old, new)
    (result,) = built(one, recipes, name)
    assert result.error is not None
    assert said in result.error.what
    assert result.error.status is status
    assert not (one.cache.parent / "dist").exists()


def test_an_archive_that_its_url_lacks_is_that_of_the_index(one, recipes):
    changed(recipes / "wrapt" / "meta.yaml", "wrapt-1.17.2", "wrapt-1.17.0")
    (result,) = built(one, recipes, "wrapt")
    assert result.error is None, result.error


def test_a_key_that_nobody_knows_is_refused(one, recipes):
    changed(recipes / "answers" / "meta.yaml", "script:", "scirpt:")
    with pytest.raises(UsageError, match="unknown key 'scirpt' in build"):
        built(one, recipes, "answers")
