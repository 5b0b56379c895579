"""Which files and directories the values of options name, and when they count as changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosswheel.building.options import BuildOptions
from crosswheel.building.outside import named_locations, named_paths, outside_digests, values_naming_paths
from crosswheel.sources import tree as module


@pytest.mark.parametrize(
    "value",
    ["{0}", "-I{0}", "-DX=1 -I{0} -O2", "--with-x={0}", "/gone:{0}:/usr/lib", "x={0},y", "file://{0}", "cp '{0}' src/",
     "$(cat {0})", "{0}/"],
)  # fmt: skip
def test_paths_in_values(tmp_path: Path, value: str) -> None:
    (tmp_path / "dir").mkdir()
    assert named_paths([value.format(tmp_path / "dir")]) == (tmp_path / "dir",)


def test_a_path_with_blanks_is_a_whole_value(tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    assert named_paths([f"{tmp_path}/a b"]) == (tmp_path / "a b",)


def test_the_system_and_what_does_not_exist_are_no_sources(tmp_path: Path) -> None:
    values = ["/usr/include", "/", "-I/usr/lib", f"{tmp_path}/gone", "relative/path", "a/b", "\0", f"/{'x' * 5000}"]
    assert named_paths(values) == ()


def test_a_directory_covers_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert named_paths([f"{tmp_path}/a/b", f"-I{tmp_path}/a"]) == (tmp_path / "a",)


def test_options_that_name_paths() -> None:
    options = BuildOptions(
        environment={"SHARED": "/a", "CCACHE_DIR": "/no", "TMPDIR": "/no"}, config_settings={"x": ("/b",)},
        cflags=("-I/c",), before_build=("cp /d/x .",),
    )  # fmt: skip
    assert set(values_naming_paths(options)) >= {"/a", "/b", "-I/c", "cp /d/x ."}
    assert "/no" not in values_naming_paths(options)


def test_digests_change_with_the_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_text("1")
    before = outside_digests([tmp_path, tmp_path / "a"])
    assert before == outside_digests([tmp_path, tmp_path / "a"])
    (tmp_path / "a").write_text("2")
    after = outside_digests([tmp_path, tmp_path / "a"])
    assert before is not None
    assert after is not None
    assert all(one != other for one, other in zip(before, after, strict=True))
    monkeypatch.setattr(module, "_MAX_FILES", 0)
    assert outside_digests([tmp_path]) is None


@pytest.mark.parametrize("value", ["make >/dev/null 2>&1", "/dev/null"])
def test_devices_are_no_inputs(value: str) -> None:
    assert named_locations([value]) == ()
