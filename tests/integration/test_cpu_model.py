"""Code that is selected by the processor: compiler-rt's detection is linked in, and works on the target."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection

import crosswheel
from crosswheel import BuildOptions, Stage
from crosswheel.object_files import read_binary
from crosswheel.wheels.archive import read_wheel

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.network

IRELATIVE = {"EM_X86_64": 37, "EM_RISCV": 58}
"""The relocations of indirect functions, by machine; musl's loader has none of them."""
RIGHT = "import asking, onecall; assert onecall.sum(100) == 328350; print(asking.vectors())"


def build(source: Path, out: Path, target: str, check: str = "") -> crosswheel.WheelResult:
    options = BuildOptions(
        output_directory=out, test=bool(check), test_commands=(f'python -c "{check}"',) * bool(check)
    )
    (result,) = crosswheel.build([str(source)], targets=[target], pythons=["3.13"], options=options)
    return result


@pytest.mark.parametrize(
    ("target", "vectors"), [("linux-x86_64", "True"), ("linux-riscv64", "in (True, False)"), ("linux-aarch64", "True")]
)
def test_functions_in_several_versions_run_on_their_target(
    packages: Path, tmp_path: Path, target: str, vectors: str
) -> None:
    comparison = vectors if vectors.startswith("in") else f"is {vectors}"
    result = build(packages / "dispatch", tmp_path, target, f"{RIGHT}; assert asking.vectors() {comparison}")
    assert result.error is None, result.error
    assert result.stage is Stage.TESTED


@pytest.mark.parametrize("target", ["musl-x86_64", "musl-riscv64", "win-amd64"])
def test_detection_is_hidden_inside_modules(packages: Path, tmp_path: Path, target: str) -> None:
    result = build(packages / "dispatch", tmp_path, target)
    assert result.wheel is not None, result.error
    binaries = [binary for data in read_wheel(result.wheel).files.values() if (binary := read_binary(data))]
    assert len(binaries) == 2
    for binary in binaries:
        assert len(binary.exported_names) == 1
        assert not [name for name in binary.exported_names if "cpu" in name or "feature" in name]


@pytest.mark.parametrize(
    ("target", "indirect"), [("linux-riscv64", True), ("musl-riscv64", False), ("musl-x86_64", False)]
)
def test_modules_for_musl_have_no_indirect_functions(
    packages: Path, tmp_path: Path, target: str, indirect: bool
) -> None:
    result = build(packages / "dispatch", tmp_path, target)
    assert result.wheel is not None, result.error
    (data,) = (data for name, data in read_wheel(result.wheel).files.items() if name.startswith("onecall"))
    elf = ELFFile(io.BytesIO(data))
    sections = [section for section in elf.iter_sections() if isinstance(section, RelocationSection)]
    kinds = {relocation["r_info_type"] for section in sections for relocation in section.iter_relocations()}
    assert (IRELATIVE[elf.header.e_machine] in kinds) is indirect
