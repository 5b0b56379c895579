"""What a wheel that was just built is held to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fake_hosts import Shelf, fake_host

from crosswheel.building.context import BuildContext
from crosswheel.building.repair_and_audit import _expectations
from crosswheel.building.workspace import Stopwatch, Workspace
from crosswheel.sealing import Sandbox
from crosswheel.wheels.archive import WheelName
from crosswheel.wheels.repair import RepairedWheel


@pytest.mark.parametrize(
    ("python", "own"), [("/usr/bin/python3", ()), ("/opt/python/3.13/bin/python3.13", ("/opt/python/3.13",))]
)
def test_no_wheel_names_directories_of_this_machine(
    context: BuildContext, tmp_path: Path, python: str, own: tuple[str, ...]
) -> None:
    """A directory that every machine has says nothing of this one."""
    context = replace(context, build_python=replace(context.build_python, executable=Path(python)))
    wheel = Path("x-1.0-cp313-cp313-manylinux_2_31_riscv64.whl")
    repaired = RepairedWheel(wheel, WheelName.parse(wheel.name), pure=False)
    place = Workspace(
        tmp_path / "root",
        tmp_path / "log",
        tmp_path / "calls",
        Stopwatch(),
        Sandbox(fake_host(tmp_path, Shelf(tmp_path)), tmp_path),
    )
    expected = _expectations(context, repaired, frozenset({"x"}), place)
    assert expected.forbidden_paths == (str(tmp_path / "root"), str(context.host.cache), *own)
