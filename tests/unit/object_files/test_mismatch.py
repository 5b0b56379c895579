from __future__ import annotations

from dataclasses import replace

import pytest

from crosswheel.object_files.elf import Elf
from crosswheel.object_files.macho import MachO, Universal
from crosswheel.object_files.mismatch import mismatch
from crosswheel.object_files.wasm import Wasm
from crosswheel.targets import target_from_tag

RISCV = Elf(
    machine="EM_RISCV", bits=64, endian="little", flags=0x5, kind="ET_DYN", soname=None, needed=(), run_paths=(),
    versions=(), undefined=(), exported=(), defined=frozenset(), hard_float=None, executable_stack=False,
    text_relocations=False,
)  # fmt: skip
POWER = replace(RISCV, machine="EM_PPC64", flags=0x2)
WASM = Wasm((), (), (), side_module=True)
ARM = MachO("ARM64", "MH_BUNDLE", 1, (11, 0), None, (), (), (), frozenset(), frozenset(), None)
INTEL = replace(ARM, architecture="X86_64", minimum=(10, 13))


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
        (POWER, "manylinux_2_17_ppc64le", None),
        (replace(POWER, kind="ET_REL"), "manylinux_2_17_ppc64le", None),
        # Assembly without .abiversion: linkers take it for either ABI. What they link says which one it is.
        (replace(POWER, kind="ET_REL", flags=0x0), "manylinux_2_17_ppc64le", None),
        (replace(POWER, flags=0x0), "manylinux_2_17_ppc64le", "for another ABI (flags 0x0)"),
        (replace(POWER, kind="ET_REL", flags=0x1), "manylinux_2_17_ppc64le", "for another ABI (flags 0x1)"),
        # Linkers mix neither float ABIs nor versions of the EABI.
        (replace(RISCV, kind="ET_REL", flags=0x1), "manylinux_2_31_riscv64", "for another ABI (flags 0x1)"),
        (
            replace(RISCV, kind="ET_REL", machine="EM_LOONGARCH", flags=0x41),
            "manylinux_2_36_loongarch64",
            "for another ABI (flags 0x41)",
        ),
        (
            replace(RISCV, kind="ET_REL", machine="EM_ARM", bits=32, flags=0x0),
            "manylinux_2_17_armv7l",
            "for another ABI (flags 0x0)",
        ),
        (WASM, "manylinux_2_31_riscv64", "a file in WebAssembly format"),
        (RISCV, "pyodide_2025_0_wasm32", "a file in ELF format"),
        (WASM, "pyodide_2025_0_wasm32", None),
        (ARM, "macosx_11_0_arm64", None),
        (ARM, "macosx_12_0_arm64", None),
        (ARM, "macosx_11_0_x86_64", "for ARM64"),
        (INTEL, "macosx_10_9_x86_64", "for macOS 10.13 and later"),
        (replace(ARM, platform=2), "macosx_11_0_arm64", "for another of Apple's systems (platform 2)"),
        (Universal((INTEL, ARM)), "macosx_11_0_arm64", None),
        (Universal((INTEL,)), "macosx_11_0_arm64", "for X86_64"),
        (Universal((INTEL, ARM)), "macosx_10_13_universal2", None),
        (Universal((INTEL, ARM)), "macosx_10_9_universal2", "for macOS 10.13 and later"),
        (Universal((INTEL, replace(ARM, minimum=(12, 0)))), "macosx_10_13_universal2", "for macOS 12.0 and later"),
        (ARM, "macosx_10_13_universal2", "for ARM64"),
        (ARM, "manylinux_2_31_riscv64", "a file in Mach-O format"),
    ],
)
def test_difference(binary, tag, expected):
    target = target_from_tag(tag)
    assert target is not None
    assert mismatch(binary, target) == expected
