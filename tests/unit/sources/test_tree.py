"""What the tree of a source directory consists of, and when it counts as changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from crosswheel.sealing.system import is_always_visible, is_system_path
from crosswheel.sources import tree as module
from crosswheel.sources.tree import read_outside, read_tree


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "project"
    (directory / "src").mkdir(parents=True)
    (directory / "src" / "own.c").write_text("1")
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "impl.c").write_text("1")
    return directory


def copied(project: Path, tmp_path: Path) -> Path:
    return read_tree(project).copy(tmp_path / "copy")


@pytest.mark.parametrize("absolute", [True, False])
@pytest.mark.parametrize("whole", [True, False])
def test_what_a_link_leads_to_outside_is_part_of_the_tree(
    project: Path, tmp_path: Path, absolute: bool, whole: bool
) -> None:
    name = "shared" if whole else "shared/impl.c"
    link = project / "src" / "link"
    link.symlink_to(tmp_path / name if absolute else f"../../{name}")
    before = read_tree(project)
    copy = before.copy(tmp_path / "copy") / "src" / "link"
    assert not copy.is_symlink()
    assert (copy / "impl.c" if whole else copy).read_text() == "1"
    assert before.digest == read_tree(project).digest
    (tmp_path / "shared" / "impl.c").write_text("2")
    assert before.digest != read_tree(project).digest
    assert before.read_digest() != before.digest


def test_a_link_to_a_file_of_the_tree_stays_one_and_leads_to_the_copy(project: Path, tmp_path: Path) -> None:
    (project / "near").symlink_to("src/own.c")
    (project / "absolute").symlink_to(project / "src" / "own.c")
    (project / "directory").symlink_to(project / "src")
    (project / "src" / "up").symlink_to("..")
    (project / "of-link").symlink_to("near")
    copy = copied(project, tmp_path)
    assert {name: str((copy / name).readlink()) for name in ("near", "absolute", "directory", "src/up", "of-link")} == {
        "near": "src/own.c", "absolute": "src/own.c", "directory": "src", "src/up": "..", "of-link": "near"
    }  # fmt: skip


def test_links_that_cannot_be_followed_stay(project: Path, tmp_path: Path) -> None:
    links = {
        "nowhere": "../gone",
        "loop": "loop",
        "around": str(tmp_path),
        "system": "/usr/include",
        "null": "/dev/null",
    }
    for name, target in links.items():
        (project / name).symlink_to(target)
    tree = read_tree(project)
    copy = tree.copy(tmp_path / "copy")
    assert {name: str((copy / name).readlink()) for name in links} == links
    assert [note.partition(":")[2] for note in tree.notes] == [" loop, nowhere", " around"]


def test_a_link_that_leads_nowhere_may_come_to_lead_somewhere(project: Path, tmp_path: Path) -> None:
    (project / "late").symlink_to(tmp_path / "late")
    before = read_tree(project).digest
    (tmp_path / "late").write_text("1")
    assert read_tree(project).digest != before


def test_directories_that_lead_to_each_other_end(project: Path, tmp_path: Path) -> None:
    (project / "out").symlink_to(tmp_path / "shared")
    (project / "again").symlink_to(tmp_path / "shared")
    (tmp_path / "shared" / "back").symlink_to(project)
    (tmp_path / "shared" / "self").symlink_to("../shared")
    copy = copied(project, tmp_path)
    assert sorted(path.name for path in (copy / "again").iterdir()) == ["back", "impl.c", "self"]
    assert (copy / "again" / "back").resolve() == copy
    assert (copy / "out" / "self" / "impl.c").read_text() == "1"
    assert all(path.resolve().is_relative_to(copy) for path in copy.rglob("*"))


def test_what_is_too_large_is_not_followed(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_FILES", 3)
    for number in range(5):
        (tmp_path / "shared" / f"{number}").touch()
    (project / "many").symlink_to(tmp_path / "shared")
    (project / "one").symlink_to(tmp_path / "shared" / "impl.c")
    tree = read_tree(project)
    assert tree.unread == (tmp_path / "shared",)
    copy = tree.copy(tmp_path / "copy")
    assert (copy / "many").is_symlink()
    assert not (copy / "one").is_symlink()


def test_neither_files_nor_directories_are_left_out(project: Path, tmp_path: Path) -> None:
    os.mkfifo(project / "fifo")
    assert not (copied(project, tmp_path) / "fifo").exists()
    assert "fifo" in read_tree(project).notes[0]


def test_tracked_files_are_never_ignored(project: Path) -> None:
    for name in ("venv/a.py", "x.egg-info/PKG-INFO", "b.pyc"):
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).touch()
    names = {entry.name for entry in read_tree(project, tracked=("venv/a.py", "b.pyc")).entries}
    assert {"venv/a.py", "b.pyc"} < names
    assert "x.egg-info" not in names


def test_a_project_below_the_root_is_built_there(project: Path, tmp_path: Path) -> None:
    (project / "link").symlink_to("../shared/impl.c")
    (tmp_path / "untracked").touch()
    tree = read_tree(project, root=tmp_path, rest=("shared/impl.c", "deleted"))
    copy = tree.copy(tmp_path / "copy")
    assert copy == tmp_path / "copy" / "project"
    assert str((copy / "link").readlink()) == "../shared/impl.c"
    assert sorted(path.name for path in copy.parent.iterdir()) == ["project", "shared"]


def test_copies_can_be_written_and_empty_directories_stay(project: Path, tmp_path: Path) -> None:
    (project / "empty").mkdir()
    (project / "src" / "own.c").chmod(0o444)
    (project / "src").chmod(0o555)
    copy = copied(project, tmp_path)
    (project / "src").chmod(0o755)
    assert (copy / "empty").is_dir()
    assert (copy / "src").stat().st_mode & 0o200
    assert (copy / "src" / "own.c").stat().st_mode & 0o200


def test_the_digest_is_that_of_names_contents_and_executable_bits(project: Path) -> None:
    digests = [read_tree(project).digest]
    os.utime(project / "src" / "own.c", (1, 1))
    assert read_tree(project).digest == digests[0]
    for change in (
        lambda: (project / "src" / "own.c").chmod(0o755),
        lambda: (project / "src" / "own.c").rename(project / "own.c"),
        lambda: (project / "own.c").write_text("2"),
        (project / "a\udce9").touch,
    ):
        change()
        digests.append(read_tree(project).digest)
    assert len(set(digests)) == len(digests)


@pytest.mark.parametrize(
    ("path", "system"),
    [("/", True), ("/usr/include/x.h", True), ("/etc", True), ("/usr/local/include", False), ("/home/me", False),
     ("/dev/shm/x", False), ("/usrlocal", False)],
)  # fmt: skip
def test_parts_of_the_system(path: str, system: bool) -> None:
    assert is_system_path(Path(path)) is system


def test_what_every_build_sees_is_part_of_the_system() -> None:
    for path in (
        "/usr/lib/x",
        "/nix/store/x",
        "/gnu/store/x",
        "/run/current-system/sw",
        "/usr/local/share/ca-certificates",
    ):
        assert is_always_visible(Path(path))
        assert is_system_path(Path(path))


def test_a_directory_outside_is_read_whole(project: Path, tmp_path: Path) -> None:
    before = read_outside(project).digest
    (project / "venv").mkdir()
    (project / "venv" / "x").touch()
    changed = read_outside(project).digest
    assert changed != before
    (project / "link").symlink_to(tmp_path / "shared")
    linked = read_outside(project).digest
    (tmp_path / "shared" / "impl.c").write_text("3")
    assert len({before, changed, linked, read_outside(project).digest}) == 4
    assert read_outside(tmp_path / "shared" / "impl.c").digest != read_outside(project / "src" / "own.c").digest
