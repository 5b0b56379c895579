"""Keys of builds: what decides a wheel is in them, and nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest

from crosswheel.building import wheel_cache as module
from crosswheel.building.wheel_cache import Made, Past
from crosswheel.environments.isolated import BuildEnvironment
from crosswheel.environments.packages import Packages
from crosswheel.recipes.sources import Changes
from crosswheel.sources.project import Project
from crosswheel.targets import PythonVersion, target_of

RISCV, S390X = target_of("manylinux_2_31_riscv64"), target_of("manylinux_2_17_s390x")
CP313 = PythonVersion(13)
PROJECT = Project("setuptools.build_meta", (), ("setuptools",), None)
PINS = ("setuptools==80.0",)


class Kit:
    identity = "zig 0.17.0"
    target = RISCV


def key(ground, source, pins=PINS, packages=None):
    return Past(ground, source, packages or Packages())._wheel_key(pins, ())


def optioned(ground, **options):
    return replace(ground, options=replace(ground.options, **options))


def environed(ground, **environ):
    return replace(ground, host=replace(ground.host, environ={**ground.host.environ, **environ}))


@pytest.mark.parametrize(
    "change",
    [
        {"cflags": ("-DX",)},
        {"environment": {"A": "1"}},
        {"config_settings": {"a": ("1",)}},
        {"build_requires": ("wheel",)},
        {"before_build": ("true",)},
        {"prepare": "true"},
        {"unvendor_tests": True},
        {"overlay_add": ("x",)},
        {"export_symbols": ("*",)},
        {"libraries": ("zlib",)},
    ],
)
def test_options_that_decide_what_is_built_are_in_the_key(ground, source, change):
    assert key(optioned(ground, **change), source) != key(ground, source)


@pytest.mark.parametrize(
    "change",
    [
        {"output_directory": Path("/elsewhere")},
        {"test": True, "test_commands": ("true",), "test_imports": ("x",)},
        {"keep": True},
        {"store": "file:///shared"},
        {"rebuild": True},
        {"recipe_directory": Path("/recipes")},
    ],
)
def test_options_that_do_not_are_not(ground, source, change):
    assert key(optioned(ground, **change), source) == key(ground, source)


def test_sources_changes_and_versions_are_in_the_key(ground, source):
    keys = [
        key(ground, source),
        key(ground, replace(source, sha256="cd" * 32)),
        key(ground, replace(source, epoch=1 << 29)),
        key(ground, replace(source, changes=Changes(patches=(("p", b"1"),)))),
        key(ground, replace(source, changes=Changes(patches=(("p", b"2"),)))),
        key(ground, replace(source, changes=Changes(files=(("f", b"1"),)))),
        key(ground, source, ("setuptools==81.0",)),
        key(replace(ground, target=S390X), source),
        key(ground, source, packages=Packages(("--index-url", "https://example.org"))),
        key(environed(ground, PATH="/opt/bin"), source),
    ]
    assert len(set(keys)) == len(keys)


def test_archives_of_what_is_built_with_count_by_content(ground, source, tmp_path):
    links = tmp_path / "links"
    links.mkdir()
    packages = Packages(("--find-links", str(links)))
    (links / "other-1.0.tar.gz").write_text("1")
    (links / "setuptools-80.0-py3-none-any.whl").write_text("1")
    first = key(ground, source, packages=packages)
    (links / "other-1.0.tar.gz").write_text("2")
    (links / "notes.txt").write_text("2")
    assert key(ground, source, packages=packages) == first
    (links / "setuptools-80.0-py3-none-any.whl").write_text("2")
    assert key(ground, source, packages=packages) != first


def test_who_asks_is_not_in_the_key(ground, source):
    other = environed(ground, HOME="/home/two", USER="two", http_proxy="http://proxy", VIRTUAL_ENV="/v")
    other = environed(other, PATH="/v/bin:/usr/bin")
    assert key(other, source) == key(ground, source)


def test_the_place_of_the_cache_is_not_in_the_key(ground, source, tmp_path):
    host = replace(ground.host, cache=tmp_path / "another")
    python = replace(ground.target_python, config_vars={"A": str(host.cache / "x")})
    assert key(replace(ground, host=host, target_python=python), source) == key(ground, source)


def test_files_of_a_recipe_count_where_scripts_may_use_them(ground, source, tmp_path):
    recipe = tmp_path / "recipe"
    recipe.mkdir()
    (recipe / "extra").write_text("1")
    followed = optioned(ground, recipe_directory=recipe, before_build="cp $RECIPE_DIRECTORY/extra .")
    first = key(followed, source)
    (recipe / "extra").write_text("2")
    assert key(followed, source) != first


def test_crosswheels_own_code_counts(ground, source, monkeypatch):
    first = key(ground, source)
    monkeypatch.setattr(module, "code_digest", lambda **_: "another")
    assert key(ground, source) != first


@pytest.fixture
def built(ground, source, tmp_path, monkeypatch):
    """A build that was kept; what its requirements resolve to can be changed."""
    chosen = {"pins": PINS}
    monkeypatch.setattr(module, "resolve", lambda *_: chosen["pins"])
    wheel = tmp_path / "demo-1.0-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    environment = BuildEnvironment(
        ground.host, ground.build_python, tmp_path / "env", Packages(), ("setuptools",), PINS
    )
    Past(ground, source, Packages()).keep(PROJECT, environment, environment, Made(wheel, pure=True, notes=("a note",)))
    return chosen


def test_what_was_kept_is_found(ground, source, built, tmp_path):
    found = Past(ground, source, Packages()).find(tmp_path / "log")
    assert found.wheel.read_bytes() == b"wheel"
    assert (found.unchanged, found.pure, found.notes, found.beside) == (True, True, ("a note",), ())


def test_newer_build_requirements_mean_a_new_build(ground, source, built, tmp_path):
    built["pins"] = ("setuptools==81.0",)
    assert Past(ground, source, Packages()).find(tmp_path / "log") is None


@pytest.mark.parametrize("change", [{"rebuild": True}, {"isolation": False}])
def test_some_builds_are_not_looked_up(ground, source, built, tmp_path, change):
    assert Past(optioned(ground, **change), source, Packages()).find(tmp_path / "log") is None


def test_what_is_built_with_something_from_a_url_is_not_kept(ground, source, tmp_path, monkeypatch):
    pins = ("demo @ file:///demo",)
    monkeypatch.setattr(module, "resolve", lambda *_: pins)
    environment = BuildEnvironment(ground.host, ground.build_python, tmp_path, Packages(), ("demo",), pins)
    Past(ground, source, Packages()).keep(PROJECT, environment, environment, Made(tmp_path / "x.whl", pure=True))
    assert list(ground.store.entries()) == []


def test_a_library_that_was_missing_is_remembered(ground, source):
    Past(ground, source, Packages()).remember("zlib")
    assert Past(ground, source, Packages()).recall() == "zlib"
    assert Past(optioned(ground, libraries=("zlib",)), source, Packages()).recall() is None
