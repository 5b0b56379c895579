"""The directory of the target's files of a build environment."""

from __future__ import annotations

import pytest

from crosswheel.cross_requirements import lay_out_overlays
from crosswheel.cross_requirements.installed import InstalledPackage

SITE = "lib/python3.13/site-packages"


@pytest.fixture
def environment(tmp_path):
    env = tmp_path / "env"
    for path in ("headed/include/headed.h", "headed/include/only_here.h", "headed/core.so", "other/other.h", "libx.a"):
        file = env / SITE / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("here")
    (env / "lib64").symlink_to("lib")
    tree = tmp_path / "tree" / SITE / "headed/include"
    tree.mkdir(parents=True)
    (tree / "headed.h").write_text("there")
    names = ("include/headed.h", "include/only_here.h", "core.so")
    package = InstalledPackage("headed", "1.0", ("linux",), {f"{SITE}/headed/{name}": "" for name in names})
    return env, lay_out_overlays(env, tmp_path / "view", [(package, tmp_path / "tree")])


def test_a_packages_directory_holds_the_targets_files_only(environment, tmp_path):
    include = tmp_path / "view" / SITE / "headed/include"
    assert [path.name for path in include.iterdir()] == ["headed.h"]
    assert (include / "headed.h").read_text() == "there"


def test_shared_directories_lead_on_to_other_packages_but_not_to_libraries(environment, tmp_path):
    site = tmp_path / "view" / SITE
    assert (site / "other" / "other.h").read_text() == "here"
    assert sorted(path.name for path in site.iterdir()) == ["headed", "other"]


def test_the_settings_name_what_is_there(environment, tmp_path):
    env, overlaid = environment
    assert overlaid.prefixes == (str(env),)
    assert {f"{SITE}/headed/include/headed.h", f"{SITE}/headed", "lib64/python3.13"} <= overlaid.paths
    assert f"{SITE}/headed/core.so" not in overlaid.paths
    assert (tmp_path / "view/lib64/python3.13/site-packages/headed/include/headed.h").is_file()


def test_nothing_to_lay_out(tmp_path):
    (tmp_path / "env").mkdir()
    assert lay_out_overlays(tmp_path / "env", tmp_path / "view", []).paths == frozenset()
