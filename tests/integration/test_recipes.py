"""Recipes in Pyodide's format build and run on their targets; what has not changed is not built again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from commands import Command

from crosswheel.api import build
from crosswheel.building.cookbook import named_by
from crosswheel.building.model import BuildOptions, Stage
from crosswheel.wheels.archive import read_wheel

pytest.importorskip("yaml")
RECIPES = Path(__file__).parent.parent / "packages" / "recipes"
WORKS = {
    "markupsafe": "import markupsafe._speedups as m; assert m.MARKED_TWICE == 14",
    "answers": "import answers; assert answers.answer() == 1",
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
    (result,) = build(named_by([meta(name)]), targets=[target], pythons=["3.13"], options=options, host=host)
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


@pytest.fixture
def command(tmp_path, host):
    return place(tmp_path / "one", host)


def place(directory: Path, host) -> Command:
    directory.mkdir()
    return Command(directory).prepare(host)


def unchanged(command: Command, recipes: Path, *names: str, **more: str) -> dict[str, bool]:
    words = [word for name in names for word in ("--recipe", meta(name, recipes))]
    ended = command.build(*words, "--json", target="linux-riscv64", python="3.13", **more)
    assert ended.status == 0, ended.err
    return {result["source"].partition("-")[0]: result["unchanged"] for result in json.loads(ended.out)["results"]}


@pytest.mark.network
def test_what_has_not_changed_is_not_built(command, recipes):
    names = ("markupsafe", "answers", "squeezed")
    assert unchanged(command, recipes, *names) == dict.fromkeys(names, False)
    shutil.rmtree(command.logs)
    first = {path.name: path.read_bytes() for path in command.output.iterdir()}
    shutil.rmtree(command.output)
    assert unchanged(command, recipes, *names) == dict.fromkeys(names, True)
    assert list(command.logs.rglob("calls.log")) == []
    assert {path.name: path.read_bytes() for path in command.output.iterdir()} == first

    header = recipes / "markupsafe" / "extras" / "marked.h"
    header.write_text(header.read_text().replace("2", "3"))
    assert unchanged(command, recipes, *names) == {"markupsafe": False, "answers": True, "squeezed": True}

    library = recipes / "liblz4only" / "meta.yaml"
    library.write_text(library.read_text().replace("$CFLAGS", "$CFLAGS -DX"))
    assert unchanged(command, recipes, *names) == {"markupsafe": True, "answers": True, "squeezed": False}

    source = recipes / "answers" / "src" / "answers.c"
    source.write_text(source.read_text() + "\n")
    assert unchanged(command, recipes, *names) == {"markupsafe": True, "answers": False, "squeezed": True}


@pytest.mark.network
def test_a_shared_store_serves_others(command, recipes, tmp_path, host):
    shared = str(tmp_path / "shared")
    assert unchanged(command, recipes, "answers", CROSSWHEEL_STORE=shared) == {"answers": False}
    other = place(tmp_path / "two", host)
    assert unchanged(other, recipes, "answers", CROSSWHEEL_STORE=shared) == {"answers": True}


@pytest.mark.network
def test_a_damaged_artifact_is_reported_and_made_again(command, recipes):
    unchanged(command, recipes, "answers")
    (wheel,) = (command.cache / "store" / "wheel").glob("answers-*/content/*.whl")
    wheel.write_bytes(wheel.read_bytes()[:-1])
    words = ("--recipe", meta("answers", recipes))
    ended = command.build(*words, target="linux-riscv64", python="3.13")
    assert ended.status == 0
    assert "is damaged" in ended.err
    assert unchanged(command, recipes, "answers") == {"answers": True}


@pytest.mark.network
def test_recipes_that_cannot_be_followed_say_why(command, recipes):
    def refused(name: str, status: int, *said: str) -> None:
        ended = command.build("--recipe", meta(name, recipes), target="linux-riscv64", python="3.13")
        ended.failed(status, *said)

    patch = recipes / "markupsafe" / "patches" / "marked.patch"
    patch.write_text(patch.read_text().replace(" #define GET_DELTA", " #define GET_GAMMA"))
    refused("markupsafe", 3, "hunk 1 of 2 does not apply to src/markupsafe/_speedups.c", "marked.patch")
    file = recipes / "wrapt" / "meta.yaml"
    file.write_text(file.read_text().replace("sha256: 41", "sha256: 42"))
    refused("wrapt", 3, "hash mismatch", "files.pythonhosted.org")
    refused("shelved", 5, "cannot be built", "it is _disabled")
    file = recipes / "answers" / "meta.yaml"
    file.write_text(file.read_text().replace("- bash", "- no-such-program"))
    refused("answers", 4, "no-such-program, which this machine does not have")
    file.write_text(file.read_text().replace("script:", "scirpt:"))
    refused("answers", 2, "unknown key 'scirpt' in build", "did you mean 'script'?")
    file = recipes / "liblz4only" / "meta.yaml"
    file.write_text(file.read_text().replace("$AR rcs", "false; $AR rcs"))
    refused("squeezed", 5, "the library liblz4only-4.4.4 does not build", "build.log")
