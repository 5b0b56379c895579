"""Scratch directories: removed by the next process after a kill, with what was unfinished elsewhere."""

from __future__ import annotations

import fcntl
import gc
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from crosswheel.host import scratch as module
from crosswheel.host.files import temporary_directory, write_atomic
from crosswheel.host.scratch import private_temporary_files, scratch_directory, temporary_parent, unfinished


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.fixture(autouse=True)
def _new_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Begin with the state of a new process, whose directory for temporary files is empty."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(module, "_of_process", {})
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))


@pytest.fixture
def dead(tmp_path: Path) -> Path:
    """The scratch directory of a process that was killed."""
    root = tmp_path / "tmp" / "crosswheel-abcd1234"
    (root / "crosswheel-work" / "deep").mkdir(parents=True)
    (root / "crosswheel-work" / "deep" / "file").write_text("x")
    (root / "crosswheel-work" / "deep").chmod(0o500)
    (root / ".unfinished").mkdir()
    (root / ".lock").touch()
    return root


def test_it_is_one_for_the_process_and_ends_with_it(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: scratch_directory(), range(40)))
    assert len(found) == 1
    (root,) = found
    assert names(tmp_path / "tmp") == [root.name]
    assert scratch_directory(root) == root
    (root / "left").mkdir()
    module._of_process.clear()
    gc.collect()
    assert names(tmp_path / "tmp") == []


def test_one_that_was_deleted_is_replaced(tmp_path: Path) -> None:
    first = scratch_directory()
    module.remove_tree(first)
    second = scratch_directory()
    assert first != second
    assert names(tmp_path / "tmp") == [second.name]


def test_that_of_a_killed_process_is_removed(tmp_path: Path, dead: Path) -> None:
    root = scratch_directory()
    assert names(tmp_path / "tmp") == [root.name]
    assert root != dead


def test_that_of_a_running_process_is_not(dead: Path) -> None:
    with (dead / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        scratch_directory()
        assert (dead / "crosswheel-work" / "deep" / "file").read_text() == "x"


@pytest.mark.parametrize("name", ["crosswheel-kept-abcd1234", "crosswheel-main", "crosswheel-Abcd1234", "tmpabcd1234"])
def test_directories_of_other_names_stay(tmp_path: Path, dead: Path, name: str) -> None:
    dead.rename(dead.with_name(name))
    scratch_directory()
    assert (tmp_path / "tmp" / name / "crosswheel-work" / "deep" / "file").is_file()


def test_directories_without_a_lock_stay(dead: Path) -> None:
    (dead / ".lock").unlink()
    scratch_directory()
    assert (dead / "crosswheel-work" / "deep" / "file").is_file()


def test_an_empty_one_is_removed_since_its_process_was_killed_at_once(tmp_path: Path) -> None:
    (tmp_path / "tmp" / "crosswheel-abcd1234").mkdir()
    root = scratch_directory()
    assert names(tmp_path / "tmp") == [root.name]


def test_links_are_not_followed(tmp_path: Path, dead: Path) -> None:
    dead.rename(tmp_path / "elsewhere")
    dead.symlink_to(tmp_path / "elsewhere")
    scratch_directory()
    assert (tmp_path / "elsewhere" / "crosswheel-work").is_dir()


def test_those_of_other_users_stay(dead: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: dead.stat().st_uid + 1)
    scratch_directory()
    assert dead.is_dir()


@pytest.mark.parametrize("is_directory", [True, False])
def test_what_a_killed_process_left_unfinished_is_removed(tmp_path: Path, dead: Path, is_directory: bool) -> None:
    part, finished = tmp_path / ".name.0123abcd.part", tmp_path / "finished"
    if is_directory:
        (part / "deep").mkdir(parents=True)
    else:
        part.touch()
    finished.touch()
    (dead / ".unfinished" / "0123abcd").symlink_to(part)
    (dead / ".unfinished" / "4567abcd").symlink_to(finished)  # which no process records
    (dead / ".unfinished" / "89ababcd").symlink_to(tmp_path / ".never-created.89ababcd.part")
    scratch_directory()
    assert not part.exists()
    assert finished.exists()
    assert not dead.exists()


def test_unfinished_files_are_recorded_while_they_are(tmp_path: Path) -> None:
    root = scratch_directory()
    with unfinished(tmp_path / "name") as part:
        part.mkdir()
        (record,) = (root / ".unfinished").iterdir()
        assert record.readlink() == part
        part.rename(tmp_path / "name")
    assert names(root / ".unfinished") == []
    with pytest.raises(LookupError), unfinished(tmp_path / "other") as part:
        part.touch()
        raise LookupError
    assert names(tmp_path) == ["name", "tmp"]
    assert names(root / ".unfinished") == []


def test_the_record_of_a_killed_process_leads_to_its_part(tmp_path: Path) -> None:
    """The same without a process: the directory is left as a kill leaves it, while a file is written."""
    root = scratch_directory()
    block = unfinished(tmp_path / "name")
    block.__enter__().write_text("half")
    module._of_process[tmp_path / "tmp"]._remove.detach()
    os.close(next(int(path.name) for path in Path("/proc/self/fd").iterdir() if _leads_to(path, root / ".lock")))
    module._of_process.clear()
    write_atomic(tmp_path / "name", "whole")
    assert names(tmp_path) == ["name", "tmp"]
    assert not root.exists()


def _leads_to(descriptor: Path, path: Path) -> bool:
    try:
        return descriptor.readlink() == path
    except OSError:
        return False


def test_kept_directories_lie_outside_and_stay(tmp_path: Path) -> None:
    with private_temporary_files():
        with temporary_directory(keep=True) as kept, temporary_directory() as other:
            (kept / "file").touch()
            assert other.parent == scratch_directory()
        assert kept.parent == temporary_parent() == tmp_path / "tmp"
    module._of_process.clear()
    gc.collect()
    module._sweep(tmp_path / "tmp")
    assert names(tmp_path / "tmp") == [kept.name]
    assert "kept" in kept.name


def test_libraries_and_programs_use_it_within_the_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    with private_temporary_files():
        root = scratch_directory()
        assert Path(tempfile.mkdtemp()).parent == root
        assert os.environ["TMPDIR"] == str(root)
    assert Path(tempfile.gettempdir()) == tmp_path / "tmp"
    assert os.environ["TMPDIR"] == str(tmp_path / "tmp")
    monkeypatch.delenv("TMPDIR")
    with private_temporary_files():
        assert "TMPDIR" in os.environ
    assert "TMPDIR" not in os.environ


def test_without_a_directory_for_temporary_files_programs_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    monkeypatch.setenv("TMPDIR", "unchanged")
    with private_temporary_files():
        assert os.environ["TMPDIR"] == "unchanged"
