from __future__ import annotations

import pytest
from fake_hosts import Shelf, fake_host
from packaging.tags import mac_platforms

from crosswheel.host import machine
from crosswheel.pythons.model import BuildPython
from crosswheel.runners import find_runner
from crosswheel.runners import native as module
from crosswheel.runners.native import NativeRunner
from crosswheel.targets import PythonVersion, target_from_tag

TARGET = target_from_tag("manylinux_2_28_x86_64")


@pytest.fixture
def runner(tmp_path):
    return NativeRunner(fake_host(tmp_path, Shelf(tmp_path)))


@pytest.mark.parametrize(
    ("here", "wanted", "available"),
    [
        ("manylinux_2_28_x86_64", "manylinux_2_28_x86_64", True),
        ("manylinux_2_28_x86_64", "manylinux_2_39_x86_64", False),
        ("musllinux_1_2_x86_64", "manylinux_2_28_x86_64", False),
        ("macosx_11_0_arm64", "macosx_11_0_arm64", True),
        ("macosx_10_13_universal2", "macosx_10_13_universal2", True),
        ("manylinux_2_28_x86_64", "macosx_11_0_arm64", False),
        ("manylinux_2_28_x86_64", "pyodide_2025_0_wasm32", False),
    ],
)
def test_it_is_for_what_this_machine_installs(runner, monkeypatch, here, wanted, available):
    monkeypatch.setattr(machine, "platform_tags", lambda: frozenset({here, "any"}))
    found = runner.support(target_from_tag(wanted))
    reason = "" if available else f"this machine does not run wheels for {wanted}"
    assert (found.available, found.reason) == (available, reason)


def test_macs_run_what_is_for_them(runner, monkeypatch):
    tags = frozenset(mac_platforms((14, 0), "arm64"))
    monkeypatch.setattr(machine, "platform_tags", lambda: tags)
    for tag in ("macosx_11_0_arm64", "macosx_10_13_universal2"):
        found, support = find_runner(runner.host, target_from_tag(tag))
        assert (found.name, support.available) == ("native", True)
    for tag in ("macosx_15_0_arm64", "macosx_10_13_x86_64"):
        assert find_runner(runner.host, target_from_tag(tag))[0].name == "unsupported"


def test_its_python_is_the_build_python(runner, monkeypatch, tmp_path):
    version = PythonVersion(12)
    python = BuildPython(tmp_path / "python3.12", version, "3.12.7", tmp_path, {})
    monkeypatch.setattr(module, "find_build_python", lambda _host, wanted: {version: python}[wanted])
    found = runner.interpreter(TARGET, version)
    assert (found.executable, found.version, found.full_version) == (python.executable, version, "3.12.7")
    assert found.description == "CPython 3.12.7 on this x86_64 machine"
    assert runner.program_prefix(TARGET) == ()
