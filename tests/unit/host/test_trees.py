"""Directories copied by linking."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from crosswheel.errors import StorageError
from crosswheel.host.trees import clone_tree, merge_tree


def sample(root: Path) -> Path:
    (root / "lib" / "deep").mkdir(parents=True)
    (root / "lib" / "deep" / "a.py").write_text("a")
    (root / "run").write_text("#!/bin/sh\n")
    (root / "run").chmod(0o755)
    (root / "lib64").symlink_to("lib")
    (root / "python").symlink_to("/nowhere/python")
    return root


def test_files_are_linked_and_links_stay_links(tmp_path: Path) -> None:
    source = sample(tmp_path / "source")
    clone_tree(source, tmp_path / "twin")
    assert (tmp_path / "twin" / "lib" / "deep" / "a.py").samefile(source / "lib" / "deep" / "a.py")
    assert (tmp_path / "twin" / "lib64").readlink() == Path("lib")
    assert (tmp_path / "twin" / "python").readlink() == Path("/nowhere/python")


def test_a_file_replaced_in_the_twin_stays_in_the_source(tmp_path: Path) -> None:
    source = sample(tmp_path / "source")
    clone_tree(source, tmp_path / "twin")
    (tmp_path / "new").write_text("b")
    (tmp_path / "new").replace(tmp_path / "twin" / "lib" / "deep" / "a.py")
    assert (source / "lib" / "deep" / "a.py").read_text() == "a"


def test_without_links_files_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_source: str, _twin: str) -> None:
        raise OSError(errno.EXDEV, "another file system")

    monkeypatch.setattr(os, "link", refuse)
    source = sample(tmp_path / "source")
    clone_tree(source, tmp_path / "twin")
    twin = tmp_path / "twin" / "run"
    assert twin.read_text() == "#!/bin/sh\n"
    assert os.access(twin, os.X_OK)
    assert not twin.samefile(source / "run")


def test_a_full_disk_is_an_error_a_person_can_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_source: str, _twin: str) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(StorageError, match="no space left"):
        clone_tree(sample(tmp_path / "source"), tmp_path / "twin")


def test_trees_are_laid_together_and_the_first_file_of_a_name_stays(tmp_path: Path) -> None:
    for name, text in (("a/x", "first"), ("b/x", "second"), ("b/inner/y", "more")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    for source in ("a", "b"):
        merge_tree(tmp_path / source, tmp_path / "all")
    assert (tmp_path / "all/x").read_text() == "first"
    assert (tmp_path / "all/inner/y").samefile(tmp_path / "b/inner/y")
