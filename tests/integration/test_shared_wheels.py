"""Wheels that serve several Pythons and targets are built once and tested for each."""

from __future__ import annotations

from pathlib import Path

import crosswheel
from crosswheel import BuildOptions
from crosswheel.building.results import Stage

DOUBLED = 'python -c "import stable; assert stable.doubled(21) == 42"'


def test_a_wheel_for_the_stable_abi_is_built_once_for_each_target(packages: Path, tmp_path: Path) -> None:
    options = BuildOptions(output_directory=tmp_path, test=True, test_commands=(DOUBLED,), rebuild=True)
    results = crosswheel.build(
        [str(packages / "stable")], targets=["native", "linux-riscv64"], pythons=["3.13", "3.11"], options=options
    )
    assert [result.error for result in results if result.error] == []
    assert {result.stage for result in results} == {Stage.TESTED}
    assert [("build" in result.seconds, result.remark.startswith("served by ")) for result in results] == [
        (False, True), (True, False), (False, True), (True, False),
    ]  # fmt: skip
    assert "CPython 3.13" in results[0].remark
    assert len({result.wheel for result in results}) == len(list(tmp_path.glob("*.whl"))) == 2
    outcome = crosswheel.test(list(tmp_path.glob("*riscv64.whl")), commands=[DOUBLED])
    assert [result.outcome for result in outcome] == ["passed"]


def test_a_pure_wheel_is_built_once_for_all_targets(packages: Path, tmp_path: Path) -> None:
    options = BuildOptions(output_directory=tmp_path, test=True, rebuild=True)
    results = crosswheel.build(
        [str(packages / "pure")], targets=["native", "pyodide-3.13", "macos-arm64"], pythons=["3.13"], options=options
    )
    assert [result.stage for result in results] == [Stage.TESTED, Stage.TESTED, Stage.UNTESTED]
    assert ["build" in result.seconds for result in results] == [True, False, False]
    assert [path.name for path in tmp_path.iterdir()] == ["pure-1.0-py3-none-any.whl"]


def test_two_projects_that_make_different_wheels_of_one_name_are_named(packages: Path, tmp_path: Path) -> None:
    project = tmp_path / "other"
    project.mkdir()
    for file in (packages / "pure").iterdir():
        (project / file.name).write_bytes(file.read_bytes())
    (project / "pure.py").write_text("changed = True\n")
    options = BuildOptions(output_directory=tmp_path / "out")
    results = crosswheel.build([str(packages / "pure"), str(project)], options=options)
    for result in results:
        assert result.error is not None
        assert "pure for " in result.error.what
        assert "other for " in result.error.what
    assert list((tmp_path / "out").iterdir()) == []
