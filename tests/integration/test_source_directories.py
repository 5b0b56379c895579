"""Projects in directories as people keep them: below a repository's root, with links, in a directory of any name.

The version of every project is computed from git, and one of its files is from outside of its directory.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import PYTHON, crosswheel

from crosswheel.host import Host
from crosswheel.sources.directory import read_directory

MODULE = """
#include <Python.h>
#include "shared.h"
static PyObject *value(PyObject *self, PyObject *none) { return PyLong_FromLong(SHARED); }
static PyMethodDef METHODS[] = {{"value", value, METH_NOARGS, ""}, {NULL}};
static struct PyModuleDef MODULE = {PyModuleDef_HEAD_INIT, "where", 0, -1, METHODS};
PyMODINIT_FUNC PyInit_where(void) { return PyModule_Create(&MODULE); }
"""
SETUP = """
import os, subprocess
from setuptools import Extension, setup
version = "{version}" or subprocess.check_output(["git", "describe", "--tags", "--dirty=+dirty"], text=True).strip()
setup(name="where", version=version, py_modules=[],
      ext_modules=[Extension("where", ["where.c"], include_dirs=[{include}])])
"""
PYPROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
"""


def git(directory: Path, *words: str) -> str:
    author = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", "-c", "protocol.file.allow=always")
    ran = subprocess.run(["git", *author, *words], cwd=directory, check=True, capture_output=True, text=True)
    return ran.stdout.strip()


def commit(directory: Path, tag: str = "") -> None:
    git(directory, "add", "-A")
    git(directory, "commit", "-q", "-m", "a change")
    if tag:
        git(directory, "tag", tag)


def write_project(directory: Path, *, include: str = "'.'", version: str = "") -> Path:
    directory.mkdir(parents=True)
    (directory / "pyproject.toml").write_text(PYPROJECT)
    (directory / "setup.py").write_text(SETUP.format(include=include, version=version))
    (directory / "where.c").write_text(MODULE)
    return directory


def write_shared(directory: Path, value: int = 1) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "shared.h").write_text(f"#define SHARED {value}\n")


def builds(directory: Path, value: int, version: str, *words: str) -> dict[str, Any]:
    """Build a project; assert the value in its module and its version; return the result."""
    expected = f"import where; assert where.value() == {value}, where.value()"
    options = ("-t", "native", "-p", PYTHON, "-o", "dist", "--json", "--test-command", f'python -c "{expected}"')
    cwd = directory.parent.parent
    ended = crosswheel("build", directory, *options, *words, cwd=cwd)
    assert ended.returncode == 0, (ended.stdout, ended.stderr)
    (result,) = json.loads(ended.stdout)["results"]
    assert result["stage"] == "tested"
    assert Path(result["wheel"]).name.split("-")[1] == version
    return result


@pytest.fixture
def below(tmp_path: Path) -> Path:
    """A project below the root of its repository, which includes a file from beside its directory."""
    root = tmp_path / "repository"
    project = write_project(root / "python", include="'../shared'")
    write_shared(root / "shared")
    git(root, "init", "-q")
    commit(root, "v1.5")
    return project


def test_a_project_below_the_root_of_its_repository(below: Path) -> None:
    builds(below, 1, "1.5")
    assert builds(below, 1, "1.5")["unchanged"]
    write_shared(below.parent / "shared", 2)
    builds(below, 2, "1.5+dirty")
    commit(below.parent, "v1.6")
    builds(below, 2, "1.6")
    git(below.parent, "tag", "-d", "v1.6")
    git(below.parent, "tag", "v1.7")
    builds(below, 2, "1.7")


def test_a_linked_working_tree(below: Path, tmp_path: Path) -> None:
    git(below.parent, "worktree", "add", "-q", str(tmp_path / "second"), "v1.5")
    builds(tmp_path / "second" / "python", 1, "1.5")


def test_a_submodule_and_a_project_beside_one(below: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    write_project(outer / "own", include="'../sub/shared'")
    git(outer, "init", "-q")
    git(outer, "submodule", "--quiet", "add", str(below.parent), "sub")
    commit(outer, "v9")
    assert (outer / "sub" / ".git").is_file()
    builds(outer / "sub" / "python", 1, "1.5")
    builds(outer / "own", 1, "9")


def test_a_shallow_clone(below: Path, tmp_path: Path) -> None:
    (below / "setup.py").touch()
    git(below.parent, "commit", "-q", "--allow-empty", "-m", "another")
    git(below.parent, "tag", "v2")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{below.parent}", "shallow")
    builds(tmp_path / "shallow" / "python", 1, "2")


def test_a_directory_that_the_repository_around_it_does_not_track(below: Path, tmp_path: Path) -> None:
    unpacked = write_project(below.parent / "unpacked", version="7.0")
    write_shared(unpacked, 3)
    builds(unpacked, 3, "7.0")
    git_fails = unpacked / "setup.py"
    git_fails.write_text(SETUP.format(include="'.'", version=""))
    ended = crosswheel("build", unpacked, "-p", PYTHON, "--json", cwd=tmp_path)
    (result,) = json.loads(ended.stdout)["results"]
    assert result["exit_status"] == 5
    assert "not a git repository" in Path(result["log"]).read_text()


@pytest.mark.parametrize("absolute", [True, False])
def test_a_tracked_link_out_of_the_repository(below: Path, tmp_path: Path, absolute: bool) -> None:
    """The version is that in place, not one of changed files, since a copy took the link's place."""
    write_shared(tmp_path / "outside", 4)
    header = below.parent / "shared" / "shared.h"
    header.unlink()
    header.symlink_to(tmp_path / "outside" / "shared.h" if absolute else "../../outside/shared.h")
    commit(below.parent, "v3")
    builds(below, 4, "3")
    write_shared(tmp_path / "outside", 5)
    builds(below, 5, "3")


@pytest.mark.parametrize("how", ["link", "variable", "flags", "config", "before-build"])
def test_a_change_outside_of_the_directory_is_built(tmp_path: Path, how: str) -> None:
    outside = tmp_path / "outside"
    write_shared(outside)
    include = {"variable": "os.environ['SHARED']", "link": "'linked'"}.get(how, "'.'")
    project = write_project(tmp_path / "project", include=include, version="1.0")
    words = {
        "link": (),
        "variable": ("--env", f"SHARED={outside}"),
        "flags": ("--env", f"CFLAGS=-DX -I{outside}"),
        "config": ("-C", f"--build-option=build_ext --include-dirs={outside}"),
        "before-build": ("--before-build", f"cp {outside}/shared.h ."),
    }[how]
    if how == "link":
        (project / "linked").symlink_to(outside)
    builds(project, 1, "1.0", *words)
    assert builds(project, 1, "1.0", *words)["unchanged"]
    write_shared(outside, 2)
    builds(project, 2, "1.0", *words)


@pytest.mark.parametrize("name", ["café", "a b", 'it\'s "one"', "two\nlines", "-dash", "_", "é" * 120])
def test_a_directory_of_any_name(tmp_path: Path, name: str) -> None:
    project = write_project(tmp_path / "any" / name, version="1.0")
    write_shared(project)
    builds(project, 1, "1.0")


def test_a_directory_whose_name_is_no_text(tmp_path: Path) -> None:
    project = write_project(tmp_path / "any" / os.fsdecode(b"lat\xe9"), version="1.0")
    write_shared(project)
    builds(project, 1, "1.0")


HOSTILE = {
    "core.fsmonitor": "touch {0}; false",
    "core.hooksPath": "{1}",
    "filter.evil.clean": "touch {0}; cat",
    "filter.evil.smudge": "touch {0}; cat",
    "diff.external": "touch {0}",
    "gpg.program": "{1}/post-index-change",
    "log.showSignature": "true",
    "core.sshCommand": "touch {0}",
    "core.pager": "touch {0}",
    "credential.helper": "!touch {0}",
}


@pytest.fixture
def arm(tmp_path: Path) -> Callable[[Path], Path]:
    """A function that makes a repository's configuration run programs, and returns the file that they would write."""

    def arm_repository(root: Path) -> Path:
        ran, hooks = tmp_path / "ran", tmp_path / "hooks"
        hooks.mkdir()
        for name in ("post-index-change", "post-checkout", "fsmonitor-watchman"):
            (hooks / name).write_text(f"#!/bin/sh\ntouch {ran}\n")
            (hooks / name).chmod(0o755)
        (root / ".gitattributes").write_text("* filter=evil diff=evil\n")
        git(root, "add", ".gitattributes")
        git(root, "commit", "-q", "-m", "attributes")
        git(root, "tag", "v4")
        for key, value in HOSTILE.items():
            git(root, "config", key, value.format(ran, hooks))
        return ran

    return arm_repository


def test_a_repository_runs_nothing(below: Path, arm: Callable[[Path], Path]) -> None:
    ran = arm(below.parent)
    for path in below.parent.rglob("*.[ch]"):
        path.touch()  # git compares the content, with filters
    builds(below, 1, "4")
    assert not ran.exists()
    git(below.parent, "status")
    assert ran.exists()  # the traps work


def test_a_repository_of_another_user(below: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can give files away")
    for path in (below.parent, *below.parent.rglob("*")):
        os.chown(path, 12345, 12345, follow_symlinks=False)
    builds(below, 1, "1.5")


def test_directories_beside_the_project_that_are_too_large_are_left_out(
    host: Host, below: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crosswheel.sources.directory._MAX_REST", 10_000)
    (below.parent / "data").mkdir()
    (below.parent / "data" / "big").write_bytes(bytes(20_000))
    commit(below.parent, "v5")
    (tmp_path / "work").mkdir()
    source = read_directory(host, below, tmp_path / "work")
    project = source.checkout(tmp_path / "copy")
    assert (project.parent / "shared" / "shared.h").is_file()
    assert not (project.parent / "data").exists()
    assert git(project, "describe", "--tags", "--dirty") == "v5"
    write_shared(project.parent / "shared", 2)
    assert git(project, "describe", "--tags", "--dirty") == "v5-dirty"
