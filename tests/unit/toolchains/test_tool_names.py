"""The names of the wrappers."""

from __future__ import annotations

from crosswheel.targets import LinuxTarget, libcs, linux_architectures
from crosswheel.toolchains.model import Tool
from crosswheel.toolchains.tool_names import wrapper_names

RISCV = LinuxTarget(linux_architectures()["riscv64"], libcs()["glibc"], (2, 31))
ARM = LinuxTarget(linux_architectures()["armv7l"], libcs()["musl"], (1, 2))
I686 = LinuxTarget(linux_architectures()["i686"], libcs()["glibc"], (2, 17))


def test_plain_names() -> None:
    names = wrapper_names(RISCV)
    expected = "cc gcc g++ c++ clang clang++ cpp ld ar ranlib strip nm objcopy pkg-config".split()
    assert set(expected) <= names.keys()
    assert (names["g++"], names["clang"], names["gcc-ar"]) == (Tool.CXX, Tool.CC, Tool.AR)


def test_names_with_the_triple() -> None:
    assert wrapper_names(RISCV)["riscv64-linux-gnu-gcc"] is Tool.CC
    assert wrapper_names(ARM)["arm-linux-musleabihf-g++"] is Tool.CXX
    assert {"i686-linux-gnu-gcc", "i386-linux-gnu-ar"} <= wrapper_names(I686).keys()


def test_no_fortran_compiler_of_the_build_machine_answers() -> None:
    assert wrapper_names(RISCV)["gfortran"] is Tool.FORTRAN
