from __future__ import annotations

import pytest
from fake_hosts import Shelf, fake_host

from crosswheel.emulators import native as module
from crosswheel.emulators.native import NativeEmulator
from crosswheel.host import machine
from crosswheel.pythons.model import BuildPython
from crosswheel.targets import PythonVersion, target_of

TARGET = target_of("manylinux_2_28_x86_64")


@pytest.fixture
def emulator(tmp_path):
    return NativeEmulator(fake_host(tmp_path, Shelf(tmp_path)))


@pytest.mark.parametrize(
    ("here", "libc", "version", "available"),
    [
        ("x86_64", "glibc", (2, 28), True),
        ("x86_64", "glibc", (2, 41), True),
        ("x86_64", "glibc", (2, 27), False),
        ("x86_64", "musl", None, False),
        ("aarch64", "glibc", (2, 41), False),
    ],
)
def test_it_is_for_this_machine_only(emulator, monkeypatch, here, libc, version, available):
    monkeypatch.setattr(machine, "architecture", lambda: here)
    monkeypatch.setattr(machine, "libc", lambda: libc)
    monkeypatch.setattr(machine, "libc_version", lambda: version)
    found = emulator.support(TARGET)
    assert (found.available, found.reason) == (available, "" if available else "this machine is another platform")


def test_other_systems_are_told(emulator):
    assert emulator.support(target_of("pyodide_2025_0_wasm32")).reason == "this machine does not run Emscripten"


def test_its_python_is_the_build_python(emulator, monkeypatch, tmp_path):
    version = PythonVersion(12)
    python = BuildPython(tmp_path / "python3.12", version, "3.12.7", tmp_path, {})
    monkeypatch.setattr(module, "find_build_python", lambda _host, wanted: {version: python}[wanted])
    found = emulator.interpreter(TARGET, version)
    assert (found.executable, found.version, found.full_version) == (python.executable, version, "3.12.7")
    assert found.description == "CPython 3.12.7 on this x86_64 machine"
    assert emulator.program_prefix(TARGET) == ()
