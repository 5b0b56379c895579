"""Audit and repair of synthetic macOS wheels."""

from __future__ import annotations

from pathlib import Path

import pytest
import single_modules
from fake_hosts import Shelf, fake_host
from macho_files import ARM64, FLAT, OBJECT, SYSTEM, X86_64, macho, universal
from single_modules import found

from crosswheel.errors import AuditError
from crosswheel.targets import target_from_tag
from crosswheel.wheels.repair import repair_wheel

ARM = "macosx_11_0_arm64"


def wheel(place: Path, data: bytes, tag: str = ARM, module: str = "a.cpython-313-darwin.so") -> Path:
    return single_modules.wheel(place, data, f"cp313-cp313-{tag}", module)


@pytest.mark.parametrize(
    ("data", "tag"),
    [
        (macho(), ARM),
        (macho(chained=True), ARM),
        (macho(cputype=X86_64, minimum=(10, 13), signed=False), "macosx_10_13_x86_64"),
        (macho(minimum=(10, 13), cputype=X86_64, signed=False), "macosx_11_0_x86_64"),
        (macho(minimum=(13, 0), imports={"freadlink": 1}), "macosx_13_0_arm64"),
        (universal((X86_64, macho(cputype=X86_64, signed=False)), (ARM64, macho())), ARM),
    ],
)
def test_right_ones_pass(tmp_path: Path, data: bytes, tag: str) -> None:
    assert found(wheel(tmp_path, data, tag)) == []


@pytest.mark.parametrize(
    ("data", "check", "said"),
    [
        (macho(cputype=X86_64), "machine", "is for X86_64, but the wheel tag is macosx_11_0_arm64"),
        (macho(minimum=(13, 0)), "machine", "is for macOS 13.0 and later, but the wheel tag is macosx_11_0_arm64"),
        (macho(platform=2), "machine",
         "is for another of Apple's systems (platform 2), but the wheel tag is macosx_11_0_arm64"),
        (macho(minimum=None), "deployment-target", "has no minimum macOS version"),
        (macho(kind=OBJECT), "file-type", "is MH_OBJECT, neither a bundle nor a dynamic library"),
        (macho(signed=False), "signature", "has no code signature: macOS kills processes that load it"),
        (macho(imports={"deflate": FLAT}), "flat-lookups", "looks up symbols in the flat namespace: deflate"),
        (macho(imports={"freadlink": 1}), "system-symbols",
         "needs freadlink, which requires macOS 13.0 or later"),
        (macho(libraries=(SYSTEM, "/opt/lib/libz.1.dylib")), "mac-libraries",
         "needs /opt/lib/libz.1.dylib, which is neither part of macOS nor in the wheel"),
        (macho(run_paths=("/tmp/build",)), "install-names", "has the run path /tmp/build"),
        (macho(install_name="/tmp/build/a.so"), "install-names", "has the install name /tmp/build/a.so"),
        (macho(exports=("b",)), "init", "does not export PyInit_a; only ctypes or cffi can load it"),
        (macho(exports=("PyInit_a", "_Znwm")), "cxx-runtime",
         "exports 1 symbols of the C++ runtime, such as _Znwm"),
        (macho(exports=("PyInit_a", "memcpy")), "frozen-libc",
         "defines functions of the C library instead of importing them: memcpy"),
        (macho()[:300], "archive", "is a compiled file that cannot be parsed: truncated or corrupt"),
    ],
)  # fmt: skip
def test_faults(tmp_path: Path, data: bytes, check: str, said: str) -> None:
    assert (check, said) in found(wheel(tmp_path, data))


def test_a_damaged_page(tmp_path: Path) -> None:
    data = bytearray(macho())
    data[data.index(b"_PyLong")] ^= 1
    assert ("signature", "was modified after signing (page 0 of 1)") in found(wheel(tmp_path, bytes(data)))


def test_a_module_named_for_another_system(tmp_path: Path) -> None:
    path = wheel(tmp_path, macho(), module="a.cpython-313-x86_64-linux-gnu.so")
    assert ("suffix", "is named for x86_64-linux-gnu, but the target's Python expects darwin") in found(path)


def test_repair_gives_the_tag_and_changes_no_module(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    host = fake_host(tmp_path, Shelf(tmp_path))
    raw = wheel(tmp_path, macho(), "macosx_12_0_arm64")
    repaired = repair_wheel(host, raw, target_from_tag(ARM), tmp_path / "out", 1_700_000_000)
    assert repaired.path.name == f"a-1-cp313-cp313-{ARM}.whl"
    assert found(repaired.path) == []


def test_repair_copies_no_libraries(tmp_path: Path) -> None:
    raw = wheel(tmp_path, macho(libraries=(SYSTEM, "/opt/homebrew/lib/libz.1.dylib")))
    with pytest.raises(AuditError, match=r"needs /opt/homebrew/lib/libz\.1\.dylib"):
        repair_wheel(fake_host(tmp_path, Shelf(tmp_path)), raw, target_from_tag(ARM), tmp_path, 1_700_000_000)
