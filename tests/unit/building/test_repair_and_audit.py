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


def workspace(directory: Path) -> Workspace:
    sandbox = Sandbox(fake_host(directory, Shelf(directory)), directory)
    return Workspace(directory / "root", directory / "log", directory / "calls", Stopwatch(), sandbox)


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
    place = workspace(tmp_path)
    expected = _expectations(context, repaired, frozenset({"x"}), place)
    assert expected.forbidden_paths == (str(tmp_path / "root"), str(context.host.cache), *own)


@pytest.mark.parametrize(
    ("calls", "sources", "compiles"),
    [
        (None, (), False),
        ("# ld --help\ncd / && ld.lld --help\n", (), False),
        ("# cc-for-build -c a.c\n", (), False),
        ("# cc -c a.c -o a.o\n", (), True),
        ("# ld --help\n# cc a.o -shared -o a.so\n", (), True),
        (None, ("a.py", "a.txt"), False),
        (None, ("src/a.pyx",), True),
    ],
)
def test_builds_that_have_something_to_compile(
    context: BuildContext, tmp_path: Path, calls: str | None, sources: tuple[str, ...], compiles: bool
) -> None:
    place = workspace(tmp_path)
    if calls is not None:
        place.calls.write_text(calls, encoding="utf-8")
    for name in sources:
        (place.source_root / name).parent.mkdir(parents=True, exist_ok=True)
        (place.source_root / name).touch()
    wheel = Path("x-1.0-cp313-cp313-manylinux_2_31_riscv64.whl")
    repaired = RepairedWheel(wheel, WheelName.parse(wheel.name), pure=False)
    assert _expectations(context, repaired, frozenset(), place).compiles == compiles
