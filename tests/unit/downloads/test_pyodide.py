"""Directories that are to be a Pyodide."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from fake_hosts import digest, tarball

from crosswheel.downloads.pyodide import PyodideRuntime, find_runtime
from crosswheel.errors import EnvironmentMissingError
from crosswheel.targets.pyodide import abis

ABI = abis()["2025_0"]
FILES = {
    "pyodide-lock.json": json.dumps({"info": {"python": "3.13.2", "abi_version": "2025_0"}}),
    "package.json": json.dumps({"version": "0.29.5"}),
    "pyodide.asm.mjs": "",
}


def unpacked(place: Path, **changes: str | None) -> Path:
    place.mkdir()
    for name, text in (FILES | {name.replace("__", "-") + ".json": text for name, text in changes.items()}).items():
        if text is not None:
            (place / name).write_text(text, "utf-8")
    return place


def test_a_directory(host, tmp_path):
    place = unpacked(tmp_path / "runtime")
    found = find_runtime(host, ABI, place)
    assert found == PyodideRuntime(place, "0.29.5", "3.13.2", "2025_0")
    assert found.standard_library == place / "python_stdlib.zip"
    assert found.program == place / "pyodide.asm.wasm"


@pytest.mark.parametrize("name", ["pyodide.asm.js", "pyodide.asm.mjs"])
def test_the_glue_has_one_of_two_names(tmp_path, name):
    (tmp_path / name).touch()
    (tmp_path / "pyodide.mjs").touch()
    assert PyodideRuntime(tmp_path, "", "", "").javascript == tmp_path / name


def test_the_package_of_an_abi_is_fetched_once(host, shelf):
    data = tarball({f"package/{name}": text.encode() for name, text in FILES.items()})
    shelf.files["https://registry.npmjs.org/pyodide/-/pyodide-0.29.5.tgz"] = data
    abi = replace(ABI, sha256=digest(data))
    found = find_runtime(host, abi)
    assert (found.version, found.python) == ("0.29.5", "3.13.2")
    assert host.cache in found.directory.parents
    assert find_runtime(host, abi) == found
    assert len(shelf.asked) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"pyodide__lock": None},
        {"package": None},
        {"pyodide__lock": "{"},
        {"pyodide__lock": "[]"},
        {"pyodide__lock": "{}"},
        {"pyodide__lock": '{"info": null}'},
        {"pyodide__lock": '{"info": {"python": "3.13.2"}}'},
        {"package": "{}"},
        {"package": "3"},
    ],
    ids=str,
)
def test_what_is_no_pyodide(host, tmp_path, shelf, changes):
    place = unpacked(tmp_path / "runtime", **changes)
    with pytest.raises(EnvironmentMissingError, match="not a Pyodide distribution") as caught:
        find_runtime(host, ABI, place)
    assert caught.value.where == str(place)
    assert "pyodide-lock.json" in str(caught.value.hint)
    assert shelf.asked == []


def test_bytes_that_are_no_text_are_no_pyodide(host, tmp_path):
    place = unpacked(tmp_path / "runtime")
    (place / "package.json").write_bytes(b"\xff")
    with pytest.raises(EnvironmentMissingError, match="not a Pyodide distribution"):
        find_runtime(host, ABI, place)


def test_another_abi_is_refused(host, tmp_path):
    place = unpacked(tmp_path / "runtime")
    with pytest.raises(EnvironmentMissingError, match="this Pyodide has ABI 2025_0, not 2026_0") as caught:
        find_runtime(host, abis()["2026_0"], place)
    assert caught.value.where == str(place)
