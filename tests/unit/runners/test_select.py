"""Which runner is selected for a target, and why none is."""

from __future__ import annotations

import pytest
from fake_hosts import Shelf, fake_host

from crosswheel.host import machine
from crosswheel.runners import find_runner
from crosswheel.targets import PythonVersion, target_from_tag


@pytest.fixture
def find(tmp_path, monkeypatch):
    """The runner's name for a target and a Python on some machine, and the reason if it cannot."""
    host = fake_host(tmp_path, Shelf(tmp_path))

    def found(tag, python=None, *, here="x86_64", libc="manylinux_2_36"):
        monkeypatch.setattr(machine, "architecture", lambda: here)
        monkeypatch.setattr(
            machine, "platform_tags", lambda: frozenset(target_from_tag(f"{libc}_{here}").platform_tags())
        )
        version = None if python is None else PythonVersion.parse(python)
        runner, support = find_runner(host, target_from_tag(tag), version)
        assert bool(support.reason) != support.available
        return runner.name, support.reason

    return found


@pytest.mark.parametrize(
    ("tag", "python", "name"),
    [
        ("manylinux_2_17_x86_64", None, "native"),
        ("manylinux_2_17_x86_64", "3.10", "native"),
        ("manylinux_2_36_x86_64", "3.13t", "native"),
        ("manylinux_2_31_riscv64", None, "qemu"),
        ("manylinux_2_31_riscv64", "3.13", "qemu"),
        ("manylinux_2_31_riscv64", "3.14", "qemu"),
        ("manylinux_2_17_aarch64", "3.11", "qemu"),
        ("manylinux_2_17_i686", "3.13", "qemu"),
        # This machine's C library is too old for these.
        ("manylinux_2_39_x86_64", "3.13", "qemu"),
        # Programs for musl need no Python and no library.
        ("musllinux_1_2_aarch64", None, "qemu"),
        ("pyodide_2025_0_wasm32", None, "node"),
        ("pyodide_2025_0_wasm32", "3.13", "node"),
        ("pyemscripten_2026_0_wasm32", "3.14", "node"),
        ("win_amd64", None, "wine"),
        ("win_amd64", "3.10", "wine"),
        ("win_amd64", "3.13", "wine"),
    ],
)
def test_choice(find, tag, python, name):
    assert find(tag, python) == (name, "")


@pytest.mark.parametrize(
    ("tag", "python", "name", "reason"),
    [
        ("manylinux_2_31_riscv64", "3.11", "qemu", "no Python 3.11 for riscv64 to test on; available: 3.13, 3.14"),
        ("manylinux_2_31_riscv64", "3.13t", "qemu", "Debian has no free-threaded Python"),
        ("manylinux_2_42_riscv64", "3.13", "qemu", "Debian's glibc 2.41 is older than manylinux_2_42_riscv64 requires"),
        ("musllinux_1_2_aarch64", "3.13", "qemu", "Debian provides no Python for musl to test on"),
        ("musllinux_1_2_x86_64", "3.13", "qemu", "Debian provides no Python for musl to test on"),
        ("pyodide_2025_0_wasm32", "3.14", "node", "Pyodide 2025_0 has Python 3.13 only"),
        ("pyodide_2025_0_wasm32", "3.13t", "node", "Pyodide 2025_0 has Python 3.13 only"),
        ("win_amd64", "3.14", "wine", "no Python 3.14 for win_amd64 to test on; available: 3.10, 3.11, 3.12, 3.13"),
        ("win_amd64", "3.13t", "wine", "no Python 3.13t for win_amd64 to test on; available: 3.10, 3.11, 3.12, 3.13"),
        ("win32", "3.13", "wine", "no Python for win32 to test on"),
        ("win_arm64", "3.13", "wine", "no Python for win_arm64 to test on"),
        ("macosx_11_0_arm64", "3.13", "unsupported", "only a Mac runs programs for macos-arm64"),
    ],
)
def test_reasons(find, tag, python, name, reason):
    assert find(tag, python) == (name, reason)


@pytest.mark.parametrize("python", [None, "3.13"])
def test_a_machine_for_which_there_are_no_emulators(find, python):
    assert find("manylinux_2_31_riscv64", python, here="riscv64") == ("native", "")
    assert find("manylinux_2_17_x86_64", python, here="riscv64") == (
        "qemu",
        "qemu is not available for riscv64 machines",
    )
    assert find("win_amd64", python, here="riscv64") == (
        "wine",
        "wine does not run programs for win_amd64 on this machine",
    )
    assert find("pyodide_2025_0_wasm32", python, here="riscv64") == ("node", "no Node.js for a riscv64 machine")


def test_a_machine_with_musl(find):
    musl = "musllinux_1_2"
    assert find("musllinux_1_2_x86_64", "3.13", libc=musl) == ("native", "")
    assert find("manylinux_2_17_x86_64", "3.13", libc=musl) == ("qemu", "")
    assert find("pyodide_2025_0_wasm32", "3.13", libc=musl) == ("node", "")
