"""Files and directories that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswheel.errors import StorageError
from crosswheel.host.files import (
    create_once,
    make_unique_dir,
    move_into_place,
    storage_errors,
    temp_dir_without_blanks,
    temporary_directory,
    write_atomic,
)
from crosswheel.host.scratch import remove_tree

FULL = OSError(errno.ENOSPC, "full")


def refuse(*_words: object, **_named: object) -> None:
    raise FULL


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "no space left"),
        (errno.EDQUOT, "no space left"),
        (errno.EACCES, "cannot write"),
        (errno.EPERM, "cannot write"),
        (errno.EROFS, "cannot write"),
    ],
)
def test_what_a_disk_refuses_can_be_read(tmp_path: Path, number: int, said: str) -> None:
    with pytest.raises(StorageError, match=said) as caught, storage_errors(tmp_path):
        raise OSError(number, os.strerror(number))
    assert caught.value.where == str(tmp_path)


def test_a_refusal_names_the_file_it_is_about(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as caught, storage_errors(tmp_path):
        raise OSError(errno.EACCES, "no", "/some/file")
    assert caught.value.where == "/some/file"


def test_other_errors_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError), storage_errors(tmp_path):
        raise OSError(errno.EISDIR, "a directory")


@given(st.one_of(st.binary(), st.text()))
def test_what_is_written_is_read(data: bytes | str) -> None:
    with temporary_directory() as place:
        path = write_atomic(place / "file", data)
        assert path.read_bytes() == (data.encode() if isinstance(data, str) else data)


def test_a_file_is_written_into_new_directories_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file"
    assert write_atomic(path, "x") == path
    assert mode(path) == 0o644
    assert mode(write_atomic(path, "y", mode=0o755)) == 0o755
    assert names(path.parent) == ["file"]


def test_a_reader_of_the_old_file_keeps_it(tmp_path: Path) -> None:
    path = write_atomic(tmp_path / "file", "old")
    with path.open() as stream:
        write_atomic(path, "new")
        assert stream.read() == "old"
    assert path.read_text() == "new"


def test_a_link_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("other")
    (tmp_path / "file").symlink_to("other")
    write_atomic(tmp_path / "file", "new")
    assert (tmp_path / "other").read_text() == "other"


def test_a_write_that_fails_leaves_the_old_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_atomic(tmp_path / "file", "old")
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(StorageError, match="no space") as caught:
        write_atomic(path, "new")
    assert caught.value.where == str(path)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_a_published_file_is_whole_and_others_may_read_it(tmp_path: Path) -> None:
    (tmp_path / "source").write_text("x")
    destination = move_into_place(tmp_path / "source", tmp_path / "new" / "file")
    assert destination == tmp_path / "new" / "file"
    assert destination.read_text() == "x"
    assert mode(destination) & 0o444 == 0o444
    assert names(destination.parent) == ["file"]


def test_publishing_that_fails_leaves_the_old_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_source: Path, part: Path) -> None:
        part.write_text("half")
        raise FULL

    (tmp_path / "source").write_text("new")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "file").write_text("old")
    monkeypatch.setattr(shutil, "copyfile", broken)
    with pytest.raises(StorageError, match="no space"):
        move_into_place(tmp_path / "source", tmp_path / "out" / "file")
    assert (tmp_path / "out" / "file").read_text() == "old"
    assert names(tmp_path / "out") == ["file"]


def test_two_threads_publish_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(2, timeout=5)
    copyfile = shutil.copyfile

    def slow(source: Path, part: Path) -> None:
        copyfile(source, part)
        together.wait()

    monkeypatch.setattr(shutil, "copyfile", slow)
    (tmp_path / "source").write_text("x")
    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(move_into_place, tmp_path / "source", tmp_path / "out" / "file") for _ in range(2)]
    assert {future.result() for future in done} == {tmp_path / "out" / "file"}
    assert names(tmp_path / "out") == ["file"]


def test_a_directory_is_made_once_however_many_ask(tmp_path: Path) -> None:
    calls: list[Path] = []
    together = threading.Barrier(4, timeout=5)

    def make(part: Path) -> None:
        calls.append(part)
        (part / "file").write_text("x")
        assert not (tmp_path / "new" / "made").exists()

    def ask() -> str:
        together.wait()
        return (create_once(tmp_path / "new" / "made", make) / "file").read_text()

    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(ask) for _ in range(4)]
    assert [future.result() for future in done] == ["x"] * 4
    assert len(calls) == 1
    assert mode(tmp_path / "new" / "made") == 0o755


def test_who_comes_while_it_is_made_waits(tmp_path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def make(part: Path) -> None:
        begun.set()
        assert go_on.wait(5)
        (part / "file").write_text("x")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(create_once, tmp_path / "made", make)
        assert begun.wait(5)
        second = pool.submit(create_once, tmp_path / "made", lambda _part: pytest.fail("made twice"))
        assert not (tmp_path / "made").exists()
        go_on.set()
        assert first.result(5) == second.result(5) == tmp_path / "made"


def test_nothing_remains_of_a_directory_whose_making_failed(tmp_path: Path) -> None:
    def broken(part: Path) -> None:
        (part / "file").write_text("x")
        raise LookupError

    with pytest.raises(LookupError):
        create_once(tmp_path / "made", broken)
    assert names(tmp_path) in ([], [".made.lock"])
    assert names(create_once(tmp_path / "made", lambda part: (part / "again").touch())) == ["again"]


def test_a_full_disk_while_a_directory_is_made(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no space") as caught:
        create_once(tmp_path / "made", refuse)
    assert caught.value.where == str(tmp_path / "made")
    assert not (tmp_path / "made").exists()


def test_a_scratch_directory_is_gone_afterwards(tmp_path: Path) -> None:
    with pytest.raises(LookupError), temporary_directory(parent=tmp_path, prefix="x-") as place:
        assert place.parent == tmp_path
        assert place.name.startswith("x-")
        (place / "file").touch()
        raise LookupError
    assert names(tmp_path) == []


def test_a_scratch_directory_is_kept_or_moved_away(tmp_path: Path) -> None:
    with temporary_directory(parent=tmp_path, keep=True) as place:
        pass
    assert place.is_dir()
    assert place.parent == tmp_path
    with temporary_directory(parent=tmp_path) as other:
        other.rename(tmp_path / "moved")
    assert (tmp_path / "moved").is_dir()


def test_a_full_disk_has_no_scratch_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    with pytest.raises(StorageError, match="no space") as caught, temporary_directory(parent=tmp_path):
        pytest.fail("there is none")
    assert caught.value.where == str(tmp_path)


@pytest.mark.parametrize(("usual", "is_none"), [("/usual", True), ("/with blank", False)])
def test_temporary_files_go_where_no_blank_is(monkeypatch: pytest.MonkeyPatch, usual: str, is_none: bool) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: usual)
    place = temp_dir_without_blanks()
    assert (place is None) is is_none
    assert " " not in str(place)


def test_a_tree_that_is_absent_is_removed(tmp_path: Path) -> None:
    remove_tree(tmp_path / "gone")
    (tmp_path / "tree" / "deep").mkdir(parents=True)
    remove_tree(tmp_path / "tree")
    assert names(tmp_path) == []


def read_only(tmp_path: Path) -> Path:
    """A tree of directories without the right to write, whose members lead out of it."""
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_text("x")
    (tmp_path / "kept" / "file").chmod(0o444)
    (tmp_path / "kept").chmod(0o755)
    deep = tmp_path / "tree" / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "dangling").symlink_to("nowhere")
    (deep / "file").symlink_to(tmp_path / "kept" / "file")
    (deep / "twin").hardlink_to(tmp_path / "kept" / "file")
    (deep.parent / "kept").symlink_to(tmp_path / "kept")
    for path in (deep, deep.parent, tmp_path / "tree"):
        path.chmod(0o500)
    return tmp_path / "tree"


def test_read_only_directories_are_removed_and_nothing_else_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = read_only(tmp_path)
    rmtree = shutil.rmtree

    def as_a_user(path: Path, **named: bool) -> None:
        if mode(Path(path)) == 0o500:  # root may write there all the same
            raise PermissionError(errno.EACCES, "read-only", str(path))
        rmtree(path, **named)

    monkeypatch.setattr(shutil, "rmtree", as_a_user)
    remove_tree(tree)
    assert names(tmp_path) == ["kept"]
    assert mode(tmp_path / "kept") == 0o755
    assert mode(tmp_path / "kept" / "file") == 0o444


def test_a_claimed_directory_is_nobody_elses(tmp_path):
    with ThreadPoolExecutor(8) as threads:
        claimed = list(threads.map(lambda _: make_unique_dir(tmp_path / "logs" / "build"), range(20)))
    assert len(set(claimed)) == 20
    assert names(tmp_path / "logs") == sorted(["build", *(f"build-{number}" for number in range(2, 21))])


def test_a_directory_that_cannot_be_claimed_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(StorageError):
        make_unique_dir(tmp_path / "logs" / "build")


def test_a_file_where_a_directory_should_be_is_no_crash(tmp_path: Path) -> None:
    (tmp_path / "dist").write_text("")
    (tmp_path / "new.whl").write_text("")
    with pytest.raises(StorageError, match="cannot write: File exists") as caught:
        move_into_place(tmp_path / "new.whl", tmp_path / "dist" / "new.whl")
    assert caught.value.where == str(tmp_path / "dist")
