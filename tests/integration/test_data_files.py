"""Packages that ship compiled files for other systems as data are built and tested."""

from __future__ import annotations

from pathlib import Path

import pytest

import crosswheel
from crosswheel import BuildOptions
from crosswheel.wheels.archive import read_wheel
from crosswheel.wheels.audit import audit_wheel

pytestmark = pytest.mark.network


@pytest.mark.parametrize("target", ["linux-riscv64", "win-amd64"])
@pytest.mark.parametrize(
    ("package", "shipped"), [("greenlet==3.5.6", "switch_x64_masm.obj"), ("distlib==0.4.4", "t64-arm.exe")]
)
def test_a_package_with_files_for_other_systems(tmp_path: Path, package: str, shipped: str, target: str) -> None:
    options = BuildOptions(output_directory=tmp_path, test=True)
    (result,) = crosswheel.build([package], targets=[target], pythons=["3.13"], options=options)
    assert result.error is None, result.error
    assert result.wheel is not None
    assert result.stage == "tested", result.remark
    assert any(path.endswith(shipped) for path in read_wheel(result.wheel).files)
    report = audit_wheel(result.wheel)
    assert any(each.check == "data-files" and each.member.endswith(shipped) for each in report.findings)
