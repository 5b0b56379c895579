"""What holds of toolchains for Windows, on each of its architectures."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from crosswheel.host import Host
from crosswheel.object_files.mismatch import mismatch
from crosswheel.object_files.pe import Pe, read_pe
from crosswheel.targets import find_target, windows_architectures
from crosswheel.toolchains.calls import run_call
from crosswheel.toolchains.model import Call, TargetToolchain, Tool
from crosswheel.toolchains.select import find_toolchain

pytestmark = pytest.mark.network

SOURCES = Path(__file__).parent.parent / "toolchain_sources"
# How `long double` is stored: bytes, and digits of the mantissa.
LONG_DOUBLE = {
    "INTEL_EXTENDED_16_BYTES_LE": (16, 64),
    "INTEL_EXTENDED_12_BYTES_LE": (12, 64),
    "IEEE_DOUBLE_LE": (8, 53),
}


@dataclass(frozen=True)
class Bench:
    """A toolchain ready for a target, and a directory with the sources."""

    host: Host
    kit: TargetToolchain
    place: Path

    def call(self, tool: Tool, *words: str) -> tuple[int, str]:
        return run_call(self.host, self.kit, Call(tool, words, str(self.place)))

    def make(self, tool: Tool, *words: str) -> Pe:
        status, said = self.call(tool, *words, "-o", "made.pyd")
        assert status == 0, said
        found = read_pe((self.place / "made.pyd").read_bytes())
        assert found is not None
        assert mismatch(found, self.kit.target) is None
        return found


@pytest.fixture(params=[row.platform for row in windows_architectures().values()])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    host = Host.detect()
    toolchain = find_toolchain(host, "zig")
    shutil.copytree(SOURCES, tmp_path, dirs_exist_ok=True)
    return Bench(host, toolchain.prepare(find_target(request.param, toolchain, native="linux-x86_64")), tmp_path)


def test_a_module_takes_the_library_functions_from_the_library(bench: Bench) -> None:
    made = bench.make(Tool.CC, "-shared", "-fPIC", "-O2", "shared.c", "-lm", "-lpthread")
    assert {"exp", "pow", "memcpy"} <= {symbol.name for symbol in made.imports}
    assert all(name.startswith("api-ms-win-crt-") or name == "KERNEL32.dll" for name in made.needed)
    assert {"compute", "compute_long", "print_long"} <= made.exported_names
    assert made.reproducible
    assert sorted(path.name for path in bench.place.glob("made*")) == ["made.pyd"]


def test_declared_exports_are_the_only_ones(bench: Bench) -> None:
    """A runtime in C++ that takes part in a module is none of them."""
    (bench.place / "init.cc").write_text('extern "C" __declspec(dllexport) int here() { return 1; }\n')
    made = bench.make(Tool.CXX, "-shared", "-O1", "shared.cc", "init.cc")
    assert made.exported_names == {"here"}
    assert not [name for name in made.needed if "c++" in name or "VCRUNTIME" in name.upper()]


def test_archives_are_made_and_linked_whole(bench: Bench) -> None:
    assert bench.call(Tool.CC, "-c", "shared.c", "-o", "shared.o")[0] == 0
    assert bench.call(Tool.AR, "rcs", "libshared.a", "shared.o")[0] == 0
    assert bench.call(Tool.RANLIB, "libshared.a")[0] == 0
    made = bench.make(Tool.CC, "-shared", "-Wl,--whole-archive", "-L.", "-lshared", "-Wl,--no-whole-archive")
    assert "compute" in made.exported_names


def test_libraries_of_the_system_are_there_by_any_capitals(bench: Bench) -> None:
    (bench.place / "net.c").write_text(
        "#include <WinSock2.h>\n#include <Windows.h>\n"
        "__declspec(dllexport) int net(void) { WSADATA d; return WSAStartup(2, &d) + (int)GetTickCount(); }\n"
    )
    made = bench.make(Tool.CC, "-shared", "net.c", "-lWs2_32")
    assert ("WSAStartup", "WS2_32.dll") in {(symbol.name, symbol.library) for symbol in made.imports}


def test_long_double_is_what_the_target_says(bench: Bench) -> None:
    size, digits = LONG_DOUBLE[bench.kit.target.long_double]
    check = f"sizeof(long double) == {size} && __LDBL_MANT_DIG__ == {digits} && sizeof(long) == 4"
    (bench.place / "long.c").write_text(f'_Static_assert({check}, "");\n')
    assert bench.call(Tool.CC, "-c", "long.c") == (0, "")


def test_resources_become_part_of_a_module(bench: Bench) -> None:
    (bench.place / "version.rc").write_text("#include <windows.h>\n1 VERSIONINFO\nFILEVERSION 1,0,0,0\nBEGIN\nEND\n")
    assert bench.call(Tool.WINDRES, "-i", "version.rc", "-o", "version.o") == (0, "")
    bench.make(Tool.CC, "-shared", "shared.c", "version.o", "-lm")
    assert b".rsrc" in (bench.place / "made.pyd").read_bytes()
