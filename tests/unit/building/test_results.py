"""Errors of builds name places that exist when they are read."""

from __future__ import annotations

import shutil

import pytest
from fake_hosts import Shelf, fake_host

from crosswheel.building.results import name_lasting_place
from crosswheel.building.workspace import create_workspace
from crosswheel.errors import BuildError
from crosswheel.host.files import temporary_directory


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("source/x-1.0", "x-1.0"),
        ("source/x-1.0/src/setup.py", "x-1.0/src/setup.py"),
        ("source", "x-1.0 of PyPI"),
        ("env/bin/python", "x-1.0 of PyPI"),
        ("", "x-1.0 of PyPI"),
    ],
)
def test_a_path_of_the_workspace_is_named_by_the_source(tmp_path, place, expected):
    with create_workspace(fake_host(tmp_path, Shelf(tmp_path)), "x", keep=False) as workspace:
        error = BuildError("failed", where=workspace.root / place)
        name_lasting_place(error, "x-1.0 of PyPI", workspace.source_root)
        assert error.where == expected


def test_messages_name_files_of_the_source_by_their_path_in_it(tmp_path):
    with create_workspace(fake_host(tmp_path, Shelf(tmp_path)), "x", keep=False) as workspace:
        error = BuildError(f"{workspace.source_root}/x-1.0/a.c:3: error: no such type")
        name_lasting_place(error, "x", workspace.source_root)
        assert error.what == "x-1.0/a.c:3: error: no such type"


def test_other_temporary_directories_are_replaced_too():
    with temporary_directory() as work:
        error = BuildError("failed", where=work / "source-0" / "archive.tar.gz")
        name_lasting_place(error, "x==1.0")
        assert error.where == "x==1.0"


@pytest.mark.parametrize("place", ["https://example.org/x.tar.gz", "CPython 3.13", "src/x.c", "", None])
def test_places_that_last_stay(tmp_path, place):
    error = BuildError("failed", where=place)
    name_lasting_place(error, "x", tmp_path)
    assert error.where == place


def test_a_kept_directory_stays(tmp_path):
    with create_workspace(fake_host(tmp_path, Shelf(tmp_path)), "x", keep=True) as workspace:
        error = BuildError("failed", where=workspace.source_root / "x-1.0")
        name_lasting_place(error, "x", workspace.source_root)
        assert error.where == str(workspace.source_root / "x-1.0")
    assert workspace.raw.is_dir()
    shutil.rmtree(workspace.root)
