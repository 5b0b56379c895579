"""A file that cannot be read as a wheel is the result of its audit, and the others are audited."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from crosswheel.api import audit
from crosswheel.cli.program import main

NAME = "good-1.0-py3-none-any.whl"
INFO = "good-1.0.dist-info"


def write_wheel(path: Path, *members: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for member in members:
            archive.writestr(member, "Metadata-Version: 2.1\nName: good\nVersion: 1.0\n")
    return path


def unreadable(directory: Path, kind: str) -> Path:
    path = directory / kind / NAME
    path.parent.mkdir()
    if kind == "text":
        path.write_text("not an archive")
    elif kind == "empty":
        path.touch()
    elif kind == "truncated":
        path.write_bytes(write_wheel(path, f"{INFO}/METADATA").read_bytes()[:-30])
    elif kind == "directory":
        path.mkdir()
    elif kind == "no metadata":
        write_wheel(path, "good.py")
    elif kind == "two packages":
        write_wheel(path, f"{INFO}/METADATA", "other-1.0.dist-info/METADATA")
    elif kind == "name":
        path = write_wheel(path.with_name("good.whl"), f"{INFO}/METADATA")
    return path


@pytest.mark.parametrize("kind", ["text", "empty", "truncated", "directory", "no metadata", "two packages", "name"])
def test_it_is_one_error_and_the_others_are_audited(tmp_path: Path, kind: str) -> None:
    good = write_wheel(tmp_path / NAME, f"{INFO}/METADATA", f"{INFO}/WHEEL", f"{INFO}/RECORD", "good.py")
    bad = unreadable(tmp_path, kind)
    before, broken, after = audit([good, bad, good])
    assert (before.wheel, broken.wheel, after.wheel) == (good, bad, good)
    assert before.findings == after.findings
    assert "archive" not in {finding.check for finding in before.findings}
    (error,) = broken.errors
    assert error.check == "archive"
    assert error.what


def test_the_command_shows_all_and_ends_with_6(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [
        unreadable(tmp_path, "text"),
        write_wheel(tmp_path / NAME, f"{INFO}/METADATA"),
        unreadable(tmp_path, "name"),
        unreadable(tmp_path, "directory"),
    ]
    assert main(["audit", *map(str, files)]) == 6
    shown = capsys.readouterr()
    assert "the wheel cannot be read" in shown.out
    assert "invalid wheel file name" in shown.out
    assert f"{NAME}" in shown.out
    assert shown.err == ""
