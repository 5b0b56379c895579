from __future__ import annotations

from dataclasses import replace

import pytest

from crosswheel.binaries.elf import Elf
from crosswheel.binaries.fitting import difference
from crosswheel.binaries.wasm import Wasm
from crosswheel.targets import target_of

RISCV = Elf(
    machine="EM_RISCV", bits=64, endian="little", flags=0x5, kind="ET_DYN", soname=None, needed=(), run_paths=(),
    versions=(), undefined=(), exported=(), defined=frozenset(), hard_float=None, executable_stack=False,
    text_relocations=False,
)  # fmt: skip
WASM = Wasm((), (), (), side_module=True)


@pytest.mark.parametrize(
    ("binary", "tag", "expected"),
    [
        (RISCV, "manylinux_2_31_riscv64", None),
        (replace(RISCV, flags=0x4), "musllinux_1_2_riscv64", None),
        (RISCV, "manylinux_2_17_x86_64", "for RISCV"),
        (replace(RISCV, bits=32), "manylinux_2_31_riscv64", "32-bit"),
        (replace(RISCV, endian="big"), "manylinux_2_31_riscv64", "big-endian"),
        (replace(RISCV, flags=0x1), "manylinux_2_31_riscv64", "for another ABI (flags 0x1)"),
        (replace(RISCV, machine="EM_PPC64", endian="big"), "manylinux_2_17_ppc64le", "big-endian"),
        (WASM, "manylinux_2_31_riscv64", "a file in WebAssembly format"),
        (RISCV, "pyodide_2025_0_wasm32", "a file in ELF format"),
        (WASM, "pyodide_2025_0_wasm32", None),
    ],
)
def test_difference(binary, tag, expected):
    target = target_of(tag)
    assert target is not None
    assert difference(binary, target) == expected
