"""The audit's checks that are particular to a family run for wheels of that family, and for wheels of none."""

from __future__ import annotations

import struct

import pytest
from macho_files import macho
from pe_files import coff, pe
from single_modules import found, wheel

MODULE = "a.cpython-313-x86_64-linux-gnu.so"


@pytest.mark.parametrize(
    ("data", "form", "own"),
    [
        (macho(libraries=("/opt/lib/libz.dylib",)), "Mach-O", "mac-libraries"),
        (pe(imports={"nosuch.dll": ("f",)}), "PE", "dlls"),
    ],
)
def test_a_file_of_another_family_s_format_is_refused_as_such(tmp_path, data, form, own):
    checks = dict(found(wheel(tmp_path, data, "cp313-cp313-manylinux_2_17_x86_64", MODULE)))
    assert checks["machine"] == f"is a file in {form} format, but the wheel tag is manylinux_2_17_x86_64"
    assert own not in checks


def archive(name: str, data: bytes) -> bytes:
    header = f"{name + '/':<16}{0:<12}{0:<6}{0:<6}{644:<8}{len(data):<10}`\n".encode()
    return b"!<arch>\n" + header + data + b"\n" * (len(data) % 2)


ELF = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 1, 62, 1, 0, 0, 0, 0, 64, 0, 0, 0, 0, 0)
LINUX = "cp313-cp313-manylinux_2_17_x86_64"
PROGRAM = pe(characteristics=0x22, exports=(), imports={"nosuch.dll": ("f",)})


@pytest.mark.parametrize(
    ("data", "path", "tag"),
    [
        (coff(), "a/platform/switch.obj", LINUX),
        (PROGRAM, "a/launcher.exe", LINUX),
        (pe(exports=("f",)), "a/helper.dll", LINUX),
        (macho(exports=("f",)), "a/helper.dylib", LINUX),
        (b"\0asm\x01\0\0\0", "a/page.wasm", LINUX),
        (archive("switch.obj", coff()), "a/switch.lib", LINUX),
        (PROGRAM, "a/launcher.exe", "cp313-cp313-macosx_11_0_arm64"),
        (b"\0asm\x01\0\0\0", "a/page.wasm", "cp313-cp313-win_amd64"),
        (PROGRAM, "a/launcher.exe", "py3-none-any"),
    ],
)
def test_files_for_other_systems_are_data(tmp_path, data, path, tag):
    expected = (
        [] if tag.endswith("-any") else [("purity", "the wheel has a platform tag but contains no compiled files")]
    )
    assert found(wheel(tmp_path, data, tag, path)) == expected


@pytest.mark.parametrize(
    ("data", "path", "tag", "check"),
    [
        (pe(), "a/b.dll", LINUX, "machine"),  # a module, by what it exports
        (coff(), "a/b.so", LINUX, "machine"),  # one by its name
        (ELF, "a/helper", "cp313-cp313-win_amd64", "machine"),  # as compilers of the build machine write
        (ELF, "a/helper", "cp313-cp313-pyemscripten_2025_0_wasm32", "machine"),
        (archive("b.o", ELF), "a/libb.a", "cp313-cp313-win_amd64", "objects"),
        (ELF, "a/helper", "py3-none-any", "purity"),
        (pe(machine=0xAA64, exports=("f",)), "a/helper.dll", "cp313-cp313-win_amd64", "machine"),
    ],
)
def test_files_that_a_build_for_the_wrong_system_writes_are_not_data(tmp_path, data, path, tag, check):
    assert check in [check for check, _ in found(wheel(tmp_path, data, tag, path))]


def test_every_check_runs_where_the_platform_is_not_known(tmp_path):
    data = macho(libraries=("/opt/lib/libz.dylib",))
    checks = {check for check, _ in found(wheel(tmp_path, data, "cp313-cp313-plan9_4_x86_64", MODULE))}
    assert {"tags", "mac-libraries"} <= checks
