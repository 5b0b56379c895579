"""Keys of builds: what decides a wheel is in them, and nothing else."""

import json
import shutil
from dataclasses import fields, make_dataclass, replace
from pathlib import Path

import pytest

from crosswheel.building import wheel_cache as module
from crosswheel.building.options import BuildOptions
from crosswheel.building.wheel_cache import BuiltWheel, WheelCache
from crosswheel.cross_requirements import CrossEnv
from crosswheel.environments.isolated import BuildEnvironment
from crosswheel.environments.packages import RequirementSource
from crosswheel.recipes.sources import SourceChanges
from crosswheel.sealing import Seal, SealSupport
from crosswheel.sources.project import Project
from crosswheel.targets import PythonVersion, target_from_tag

RISCV, S390X = target_from_tag("manylinux_2_31_riscv64"), target_from_tag("manylinux_2_17_s390x")
CP313 = PythonVersion(13)
PROJECT = Project("setuptools.build_meta", (), ("setuptools",), None)
PINS = ("setuptools==80.0",)


class FakeToolchain:
    identity = "zig 0.17.0"
    target = RISCV


class OtherToolchain(FakeToolchain):
    identity = "zig 0.18.0"


def other_headers(context, name):
    """The target's Python with another header."""
    include = context.target_python.include.with_name(f"include-{name}")
    shutil.copytree(context.target_python.include, include)
    (include / name).write_text("#define Y 1\n")
    return replace(context.target_python, include=include)


def key(context, source, pins=PINS, packages=None):
    return WheelCache(context, source, packages or RequirementSource())._wheel_key(pins, ())


def optioned(context, **options):
    return replace(context, options=replace(context.options, **options))


def environed(context, **environ):
    return replace(context, host=replace(context.host, environ={**context.host.environ, **environ}))


IN_KEY = {
    "pyodide_variables": True,
    "tools": ("bison",),
    "config_settings": {"a": ("1",)},
    "environment": {"A": "1"},
    "before_build": ("true",),
    "allow_missing": ("*",),
    "export_symbols": ("*",),
    "fix_fortran_prototypes": True,
    "libraries": ("zlib",),
    "shared_libraries": ("zlib",),
    "bundle": {"demo/libz.so": "zlib"},
    "openmp": False,
    "build_requires": ("wheel",),
    "build_constraint_dependencies": ("numpy<2",),
    "cflags": ("-DX",),
    "cxxflags": ("-DX",),
    "ldflags": ("-s",),
    "prepare": "true",
    "before_backend": "true",
    "after_build": "true",
    "unvendor_tests": True,
    "retain_tests": ("*",),
    "overlay_include": ("x",),
    "overlay_exclude": ("x",),
    "allow_undefined": ("*",),
    "dependency_builds": False,
    "network": False,
}
"""Another value of every option that is part of the key. One that is neither here nor in NOT_IN_KEY fails a test."""
NOT_IN_KEY = {
    "output_directory": Path("/elsewhere"),
    "toolchain": "gcc",
    "toolchain_prefix": Path("/opt/gcc"),
    "sdk": Path("/sdk"),
    "target_python": Path("/opt/python"),
    "constraints": ("limits.txt",),
    "build_constraints": ("limits.txt",),
    "isolation": False,
    "index": {"index-url": "https://example.org"},
    "test": True,
    "require_test": True,
    "cibuildwheel_commands": True,
    "test_commands": ("true",),
    "test_imports": ("demo",),
    "test_requires": ("pytest",),
    "test_extras": ("x",),
    "test_groups": ("dev",),
    "test_timeout": 1.0,
    "auto": "all",
    "fail_on_degraded": True,
    "recipes": ("recipes",),
    "recipe_directory": Path("/recipes"),
    "store": "file:///shared",
    "rebuild": True,
    "cross_env": ("env.tar.gz",),
    "keep": True,
    "unsealed": True,
    "cibuildwheel_before_build": True,
}


def test_every_option_is_in_the_key_or_excluded_with_a_reason():
    names = {field.name for field in fields(BuildOptions)}
    assert names - set(module.NOT_IN_KEY) == set(IN_KEY)
    assert set(module.NOT_IN_KEY) == set(NOT_IN_KEY)
    assert all(module.NOT_IN_KEY.values())


@pytest.mark.parametrize("name", IN_KEY)
def test_options_that_decide_what_is_built_are_in_the_key(context, source, name):
    assert IN_KEY[name] != getattr(BuildOptions(), name)
    assert key(optioned(context, **{name: IN_KEY[name]}), source) != key(context, source)


@pytest.mark.parametrize("name", NOT_IN_KEY)
def test_options_that_do_not_are_not(context, source, name):
    assert NOT_IN_KEY[name] != getattr(BuildOptions(), name)
    assert key(optioned(context, **{name: NOT_IN_KEY[name]}), source) == key(context, source)


def test_a_new_option_is_in_the_key(context, source):
    """Nothing has to be done for it: options are in the key unless they are excluded."""
    extended = make_dataclass("Extended", [("unheard_of", str, "")], bases=(BuildOptions,), frozen=True)
    first, second = (replace(context, options=extended(unheard_of=value)) for value in ("one", "two"))
    assert key(first, source) != key(second, source)


def test_the_other_keys_know_all_of_it_too(context, source):
    """What the project requires may depend on any option: scripts may rewrite its pyproject.toml."""
    for name, value in IN_KEY.items():
        caches = [WheelCache(c, source, RequirementSource()) for c in (context, optioned(context, **{name: value}))]
        assert len({cache._project_key() for cache in caches}) == 2, name
        assert len({cache._backend_key(PINS) for cache in caches}) == 2, name


def test_sources_changes_and_versions_are_in_the_key(context, source):
    keys = [
        key(context, source),
        key(context, replace(source, sha256="cd" * 32)),
        key(context, replace(source, epoch=1 << 29)),
        key(context, replace(source, changes=SourceChanges(patches=(("p", b"1"),)))),
        key(context, replace(source, changes=SourceChanges(patches=(("p", b"2"),)))),
        key(context, replace(source, changes=SourceChanges(files=(("f", b"1"),)))),
        key(context, source, ("setuptools==81.0",)),
        key(replace(context, target=S390X), source),
        key(context, source, packages=RequirementSource(("--index-url", "https://example.org"))),
        key(replace(context, seal=Seal(SealSupport(("bwrap",)))), source),
        key(replace(context, toolchain=OtherToolchain()), source),
        key(replace(context, build_python=replace(context.build_python, full_version="3.13.2")), source),
        key(replace(context, target_python=replace(context.target_python, full_version="3.13.2")), source),
        key(replace(context, target_python=replace(context.target_python, config_vars={"A": "2"})), source),
        key(replace(context, target_python=other_headers(context, "Python.h")), source),
        key(replace(context, target_python=other_headers(context, "pyconfig.h")), source),
    ]
    assert len(set(keys)) == len(keys)


def test_what_directories_contain_that_variables_name_is_in_the_key(context, source, tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "file").write_text("1")
    named = optioned(context, environment={"SHARED": f"{shared}:/usr/lib"}, cflags=(f"-I{shared}",))
    first = key(named, source)
    assert key(named, source) == first
    (shared / "file").write_text("2")
    assert key(named, source) != first


def test_cross_environments_are_in_the_key(context, source, tmp_path):
    archive = tmp_path / "env.tar.gz"
    archive.write_text("1")
    exported = replace(context, cross_envs=(CrossEnv(archive, {}),))
    first = key(exported, source)
    assert first != key(context, source)
    archive.write_text("2")
    assert key(exported, source) != first


def test_native_libraries_are_in_the_key(context, source, monkeypatch):
    first = key(context, source)
    monkeypatch.setattr(module.LibraryResolver, "keys", lambda *_: ["another library"])
    assert key(context, source) != first


def test_recipes_of_build_requirements_are_in_the_key(context, source, monkeypatch):
    first = key(context, source)
    monkeypatch.setattr(type(context.recipes), "identity", lambda _self, name, _names: f"recipe of {name}")
    assert key(context, source) != first


def test_archives_of_what_is_built_with_count_by_content(context, source, tmp_path):
    links = tmp_path / "links"
    links.mkdir()
    packages = RequirementSource(("--find-links", str(links)))
    (links / "other-1.0.tar.gz").write_text("1")
    (links / "setuptools-80.0-py3-none-any.whl").write_text("1")
    first = key(context, source, packages=packages)
    (links / "other-1.0.tar.gz").write_text("2")
    (links / "notes.txt").write_text("2")
    assert key(context, source, packages=packages) == first
    (links / "setuptools-80.0-py3-none-any.whl").write_text("2")
    assert key(context, source, packages=packages) != first


def test_who_asks_is_not_in_the_key(context, source):
    other = environed(context, HOME="/home/two", USER="two", http_proxy="http://proxy", VIRTUAL_ENV="/v")
    other = environed(other, PATH="/v/bin:/usr/bin:/home/two/bin")
    assert key(other, source) == key(context, source)


def test_the_place_of_the_cache_is_not_in_the_key(context, source, tmp_path):
    host = replace(context.host, cache=tmp_path / "another")
    python = replace(
        context.target_python, config_vars={**context.target_python.config_vars, "A": str(host.cache / "x")}
    )
    assert key(replace(context, host=host, target_python=python), source) == key(context, source)


def test_files_of_a_recipe_count_where_scripts_may_use_them(context, source, tmp_path):
    recipe = tmp_path / "recipe"
    recipe.mkdir()
    (recipe / "extra").write_text("1")
    followed = optioned(context, recipe_directory=recipe, before_build="cp $RECIPE_DIRECTORY/extra .")
    first = key(followed, source)
    (recipe / "extra").write_text("2")
    assert key(followed, source) != first


def test_of_values_that_may_be_secret_the_key_has_hashes(context, source):
    secret = {"environment": {"TOKEN": "s3cr3t"}, "config_settings": {"token": ("s3cr3t",)}}
    found = key(optioned(context, **secret), source)
    assert "s3cr3t" not in json.dumps(found.inputs)
    assert "TOKEN" in json.dumps(found.inputs)
    for name, other in (("environment", {"TOKEN": "other"}), ("config_settings", {"token": ("other",)})):
        assert key(optioned(context, **{**secret, name: other}), source) != found


def test_crosswheels_own_code_counts(context, source, monkeypatch):
    first = key(context, source)
    monkeypatch.setattr(module, "code_digest", lambda **_: "another")
    assert key(context, source) != first


@pytest.fixture
def built(context, source, tmp_path, monkeypatch):
    """A build that was kept; what its requirements resolve to can be changed."""
    chosen = {"pins": PINS}
    monkeypatch.setattr(module, "resolve_requirements", lambda *_: chosen["pins"])
    wheel = tmp_path / "demo-1.0-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    environment = BuildEnvironment(
        context.host, context.build_python, tmp_path / "env", RequirementSource(), ("setuptools",), PINS
    )
    WheelCache(context, source, RequirementSource()).store(
        PROJECT, environment, environment, BuiltWheel(wheel, pure=True, notes=("a note",))
    )
    return chosen


def test_what_was_kept_is_found(context, source, built, tmp_path):
    found = WheelCache(context, source, RequirementSource()).lookup(tmp_path / "log")
    assert found.wheel.read_bytes() == b"wheel"
    assert (found.cached, found.pure, found.notes, found.extra_files) == (True, True, ("a note",), ())


def test_newer_build_requirements_mean_a_new_build(context, source, built, tmp_path):
    built["pins"] = ("setuptools==81.0",)
    assert WheelCache(context, source, RequirementSource()).lookup(tmp_path / "log") is None


@pytest.mark.parametrize("change", [{"rebuild": True}, {"isolation": False}])
def test_some_builds_are_not_looked_up(context, source, built, tmp_path, change):
    assert WheelCache(optioned(context, **change), source, RequirementSource()).lookup(tmp_path / "log") is None


def test_what_is_built_with_something_from_a_url_is_not_kept(context, source, tmp_path, monkeypatch):
    pins = ("demo @ file:///demo",)
    monkeypatch.setattr(module, "resolve_requirements", lambda *_: pins)
    environment = BuildEnvironment(context.host, context.build_python, tmp_path, RequirementSource(), ("demo",), pins)
    WheelCache(context, source, RequirementSource()).store(
        PROJECT, environment, environment, BuiltWheel(tmp_path / "x.whl", pure=True)
    )
    assert list(context.store.entries()) == []


def test_a_library_that_was_missing_is_remembered(context, source):
    WheelCache(context, source, RequirementSource()).store_missing(("zlib", "xz"), ("bison",))
    assert WheelCache(context, source, RequirementSource()).lookup_missing() == (("zlib", "xz"), ("bison",))
    for other in ({"libraries": ("zlib",)}, {"auto": "all"}):
        changed = optioned(context, **other)
        assert WheelCache(changed, source, RequirementSource()).lookup_missing() == ((), ())
