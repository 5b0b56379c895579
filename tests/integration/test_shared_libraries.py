"""Shared libraries go with wheels: one copy for all modules, found wherever the wheel is installed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tally import tally_recipes

import crosswheel
from crosswheel.building.options import BuildOptions
from crosswheel.building.results import Stage, WheelResult
from crosswheel.host import Host
from crosswheel.object_files import Binary, read_binary
from crosswheel.wheels.archive import WheelContents, read_wheel

pytestmark = pytest.mark.network

COUNTED = (
    "import sharing.first as f, sharing.second as s, sharing.alone; f.add(); f.add(); assert s.seen() == (2, 2, 2)"
)
OPENED = "import ctypes, sharing; library = ctypes.CDLL(sharing.__path__[0] + '/libtally.so.1'); "


def build(host: Host, packages: Path, place: Path, target: str, program: str = "", **options: object) -> WheelResult:
    commands = (f'python -c "{program}"',) if program else ()
    chosen = BuildOptions(
        output_directory=place / "dist", recipes=(str(tally_recipes(place / "recipes")),), test=bool(program),
        test_commands=commands, **options,
    )  # fmt: skip
    python = target.partition("pyodide-")[2] or "3.13"
    (result,) = crosswheel.build(
        [str(packages / "sharing")], targets=[target], pythons=[python], options=chosen, host=host
    )
    return result


def contents(result: WheelResult) -> WheelContents:
    assert result.wheel is not None, result.error
    return read_wheel(result.wheel)


def compiled(wheel: WheelContents) -> dict[str, Binary]:
    """By the beginnings of their paths."""
    found = {path: binary for path, data in wheel.files.items() if (binary := read_binary(data))}
    return {path.partition(".cpython")[0].partition("-")[0]: binary for path, binary in found.items()}


def components(wheel: WheelContents) -> list[str]:
    bill = json.loads(wheel.files[f"{wheel.info}/sboms/crosswheel.cdx.json"])
    return [component["name"] for component in bill["components"]]


@pytest.mark.parametrize("target", ["linux-riscv64", "pyodide-3.13"])
def test_modules_share_one_library(host: Host, packages: Path, tmp_path: Path, target: str) -> None:
    result = build(host, packages, tmp_path, target, COUNTED, shared_libraries=("tally",))
    assert result.stage is Stage.TESTED, result.error
    wheel = contents(result)
    parts = compiled(wheel)
    assert sorted(parts) == ["sharing.libs/libtally", "sharing/alone", "sharing/first", "sharing/second"]
    (path,) = (path for path in wheel.files if path.startswith("sharing.libs/"))
    for name in ("first", "second"):
        assert parts[f"sharing/{name}"].needed == (path.rpartition("/")[2],)
    assert parts["sharing/alone"].needed == ()
    exported = parts["sharing.libs/libtally"].exported_names
    assert {"tally_add", "tally_count", "tally_total"} <= exported
    assert not [name for name in exported if name.startswith("crc32")]
    assert components(wheel) == ["zlib", "tally"]
    assert f"{wheel.info}/licenses/libraries/zlib/LICENSE" in wheel.files


@pytest.mark.parametrize("target", ["linux-riscv64", "pyodide-3.13"])
def test_a_shared_library_that_needs_another(host: Host, packages: Path, tmp_path: Path, target: str) -> None:
    result = build(host, packages, tmp_path, target, COUNTED, shared_libraries=("tally", "zlib"))
    assert result.stage is Stage.TESTED, result.error
    parts = compiled(contents(result))
    (needed,) = (name for name in parts["sharing.libs/libtally"].needed if "libz-" in name)
    assert needed.endswith(".so")
    assert "crc32" in parts["sharing.libs/libz"].exported_names


@pytest.mark.parametrize("target", ["linux-riscv64", "pyodide-3.13"])
def test_a_library_with_a_place_of_its_own(host: Host, packages: Path, tmp_path: Path, target: str) -> None:
    """It is the one that modules use, too."""
    program = f"{OPENED}{COUNTED}; assert library.tally_total() == 2"
    result = build(host, packages, tmp_path, target, program, bundle={"sharing/libtally.so.1": "tally"})
    assert result.stage is Stage.TESTED, result.error
    wheel = contents(result)
    assert not [path for path in wheel.files if ".libs/" in path]
    assert compiled(wheel)["sharing/first"].needed == ("libtally.so.1",)
    assert components(wheel) == ["zlib", "tally"]


def test_for_musl_and_always_the_same(host: Host, packages: Path, tmp_path: Path) -> None:
    first = build(host, packages, tmp_path / "one", "musl-riscv64", shared_libraries=("tally",))
    second = build(host, packages, tmp_path / "two", "musl-riscv64", shared_libraries=("tally",), rebuild=True)
    assert first.stage is second.stage is Stage.AUDITED, (first.error, second.error)
    assert first.wheel is not None
    assert second.wheel is not None
    assert first.wheel.read_bytes() == second.wheel.read_bytes()


@pytest.mark.parametrize("target", ["macos-arm64", "win-amd64", "pyodide-3.12"])
def test_where_wheels_cannot_bring_any(host: Host, packages: Path, tmp_path: Path, target: str) -> None:
    result = build(host, packages, tmp_path, target, shared_libraries=("tally",))
    assert result.error is not None
    assert "cannot contain shared libraries yet" in result.error.what


def test_cairocffi_brings_its_cairo(host: Host, tmp_path: Path) -> None:
    options = BuildOptions(output_directory=tmp_path, test=True)
    (result,) = crosswheel.build(
        ["cairocffi==1.7.1"], targets=["linux-riscv64"], pythons=["3.13"], options=options, host=host
    )
    assert result.stage is Stage.TESTED, result.error
    assert result.wheel is not None
    assert result.wheel.name == "cairocffi-1.7.1-py3-none-manylinux_2_31_riscv64.whl"
    wheel = contents(result)
    library = read_binary(wheel.files["cairocffi/libcairo.so.2"])
    assert library is not None
    assert all(name.startswith(("cairo_", "_cairo_")) for name in library.exported_names)
    assert "freetype" in components(wheel)
