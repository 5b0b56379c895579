"""Finding out whether programs can be sealed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fake_hosts import NoDownloads, Shelf, fake_host

from crosswheel.host import Host, ProcessRequest
from crosswheel.sealing import support as module
from crosswheel.sealing.support import find_support

Answer = Callable[[ProcessRequest], tuple[int, str, str]]


@pytest.fixture(autouse=True)
def _programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("bwrap", "unshare"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setattr(module, "SYSTEM_PROGRAMS", (str(tmp_path),))


def host(place: Path, answer: Answer) -> Host:
    return fake_host(place, NoDownloads(), answer)


def test_what_works_is_tried_once(tmp_path: Path) -> None:
    machine = host(tmp_path, lambda _request: (0, "", ""))
    found = find_support(machine)
    assert found.available
    assert (found.bwrap, found.unshare) == ((str(tmp_path / "bwrap"),), str(tmp_path / "unshare"))
    tried = len(machine.runner.requests)
    assert tried == 2
    assert find_support(machine) == found
    assert len(machine.runner.requests) == tried


def test_a_refusal_is_told_in_the_kernels_words_and_tried_again(tmp_path: Path) -> None:
    reason = "No permissions to create new namespace"
    machine = host(tmp_path, lambda _request: (1, "", f"bwrap: {reason}\n"))
    found = find_support(machine)
    assert not found.available
    assert found.reason == f"namespaces are not available: {reason}"
    assert find_support(machine) == found
    assert len(machine.runner.requests) == 2


def test_without_an_outer_namespace_programs_are_sealed_too(tmp_path: Path) -> None:
    found = find_support(host(tmp_path, lambda request: (int("unshare" in request.argv[0]), "", "")))
    assert found.available
    assert not found.unshare


def test_the_conditions_decide_whether_it_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = host(tmp_path, lambda _request: (0, "", ""))
    find_support(machine)
    monkeypatch.setattr(module, "_read", lambda file: "another kernel")
    find_support(machine)
    assert len(machine.runner.requests) == 4


def test_nothing_is_downloaded_unless_allowed(tmp_path: Path) -> None:
    (tmp_path / "bwrap").unlink()
    machine = fake_host(tmp_path, Shelf(tmp_path), environ={"PATH": ""})
    assert find_support(machine, download=False).reason == "bubblewrap is not installed; a build downloads it"
    found = find_support(machine)
    assert not found.available
    assert found.reason.startswith("bubblewrap is not installed and cannot be downloaded: ")
    assert found.hint == "apt-get install bubblewrap"
