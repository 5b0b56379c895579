"""Which combinations of a target and a Python are built."""

from crosswheel.building.combinations import find_combinations
from crosswheel.host.machine import running_python
from crosswheel.pythons.discovery import supported_versions
from crosswheel.targets.selection import Selection


class Toolchain:
    """Reaches glibc on riscv64, one macOS and Pyodide."""

    def minimum_version(self, architecture, platform):
        return {("riscv64", "glibc"): (2, 31), ("arm64", "macos"): (11, 0), ("wasm32", "pyodide"): (2024, 0)}.get(
            (architecture, platform)
        )

    def unsupported_reason(self, architecture, platform):
        return "no compiler", "install one"


def names(targets=(), pythons=(), selection=None):
    return [
        f"{python} {target.alias}" for target, python in find_combinations(targets, pythons, Toolchain(), selection)
    ]  # fmt: skip


def test_without_a_selection_the_python_is_the_one_that_runs_or_a_targets_own():
    assert names(["linux-riscv64"]) == [f"{running_python()} linux-riscv64"]


def test_of_a_targets_own_pythons_one_is_taken_that_runs_or_is_here(monkeypatch):
    def chosen(spec, *here, running="3.11"):
        monkeypatch.setattr("crosswheel.building.combinations.running_python", lambda: running)
        ((target, version),) = find_combinations(
            [spec], [], Toolchain(), is_installed=lambda version: str(version) in here
        )
        return f"{version} {target.alias}"

    assert chosen("pyodide", "3.12", "3.13") == "3.13 pyodide-3.13"
    assert chosen("pyodide", "3.13", "3.14", running="3.12") == "3.12 pyodide-3.12"
    assert chosen("pyodide", "3.10") == "3.14 pyodide-3.14"
    assert chosen("pyodide-3.12", "3.13") == "3.12 pyodide-3.12"
    assert chosen("pyodide_2025_0_wasm32") == "3.13 pyodide-3.13"
    assert chosen("linux-riscv64", "3.13") == "3.11 linux-riscv64"


def test_the_default_is_a_python_that_the_target_can_be_tested_with(monkeypatch):
    def chosen(spec, *testable, running="3.11", requires=""):
        monkeypatch.setattr("crosswheel.building.combinations.running_python", lambda: running)
        ((_, version),) = find_combinations(
            [spec] if spec else [],
            [],
            Toolchain(),
            Selection(requires_python=requires, skip=() if spec else ("*-macosx_* *-pyodide_*",)),
            is_installed=lambda version: str(version) in {"3.11", "3.12", "3.13", "3.13t"},
            is_testable=lambda _, version: str(version) in testable,
        )
        return str(version)

    for spec in ("linux-riscv64", ""):
        assert chosen(spec, "3.12", "3.13", "3.13t", "3.14") == "3.13"
        assert chosen(spec, "3.11", "3.13") == "3.11"  # the one that runs
        assert chosen(spec, "3.14") == "3.11"  # not installed
        assert chosen(spec, "3.13t") == "3.11"
        assert chosen(spec, "3.13t", running="3.13t") == "3.13t"
        assert chosen(spec) == "3.11"
        assert chosen(spec, "3.11", "3.12", requires=">=3.12") == "3.12"
        assert chosen(spec, "3.11", "3.12", requires=">=3.13") == "3.13"
        assert chosen(spec, requires=">=3.14") == "3.15"
    assert chosen("pyodide", "3.12") == "3.12"
    assert chosen("pyodide-3.13", "3.12") == "3.13"


def test_a_selection_looks_through_every_python():
    everything = names(["linux-riscv64"], selection=Selection(("*",)))
    assert everything == [f"{version} linux-riscv64" for version in supported_versions()]
    assert names(["linux-riscv64"], selection=Selection(("cp313-* cp312-*",))) == [
        "3.12 linux-riscv64", "3.13 linux-riscv64",
    ]  # fmt: skip
    assert names(["linux-riscv64"], ["3.13"], Selection(("*",))) == ["3.13 linux-riscv64"]


def test_without_targets_all_within_reach_are_looked_through():
    assert names(selection=Selection(("cp313-*",))) == ["3.13 linux-riscv64", "3.13 pyodide-3.13", "3.13 macos-arm64"]
    assert names(pythons=["3.12"]) == ["3.12 linux-riscv64", "3.12 pyodide-3.12", "3.12 macos-arm64"]
    assert f"{running_python()} macos-arm64" in names()


def test_a_version_and_an_alias_of_one_platform_are_both_selected():
    targets = ["linux-riscv64", "manylinux_2_35_riscv64"]
    found = find_combinations(targets, ["3.13"], Toolchain(), Selection(("cp313-manylinux_riscv64",)))
    assert [str(target) for target, _ in found] == ["manylinux_2_31_riscv64", "manylinux_2_35_riscv64"]
