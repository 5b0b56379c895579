from __future__ import annotations

import re
import tomllib
from importlib.resources import files

import pytest

from crosswheel.downloads.node import node_program, node_unavailable_reason, node_version
from crosswheel.errors import EnvironmentMissingError, SourceError
from crosswheel.host import machine
from crosswheel.targets import linux_architectures

TABLE = tomllib.loads(files("crosswheel.downloads").joinpath("node.toml").read_text("utf-8"))
ROWS = {name: row for name, row in TABLE.items() if isinstance(row, dict)}


def test_the_version_is_a_full_one():
    assert re.fullmatch(r"\d+\.\d+\.\d+", node_version())
    assert {"x86_64", "aarch64"} <= ROWS.keys()


@pytest.mark.parametrize("name", ROWS)
def test_rows_are_complete(name):
    assert name in linux_architectures()
    assert ROWS[name].keys() == {"package", "sha256"}
    assert re.fullmatch(r"node-linux-\w+", ROWS[name]["package"])
    assert re.fullmatch(r"[0-9a-f]{64}", ROWS[name]["sha256"])


def test_rows_are_not_copies_of_each_other():
    assert len({row["package"] for row in ROWS.values()}) == len({row["sha256"] for row in ROWS.values()}) == len(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_the_row_of_this_machine_is_fetched(host, shelf, monkeypatch, name):
    monkeypatch.setattr(machine, "architecture", lambda: name)
    assert node_unavailable_reason() is None
    package = ROWS[name]["package"]
    url = f"https://registry.npmjs.org/{package}/-/{package}-{node_version()}.tgz"
    shelf.files[url] = b"another file than the table's"
    with pytest.raises(SourceError, match="hash mismatch"):
        node_program(host)
    assert shelf.asked == [url]


def test_a_machine_without_node(host, shelf, monkeypatch):
    monkeypatch.setattr(machine, "architecture", lambda: "riscv64")
    assert node_unavailable_reason() == "no Node.js for a riscv64 machine"
    with pytest.raises(EnvironmentMissingError, match="for a riscv64 machine"):
        node_program(host)
    assert shelf.asked == []
