"""The audit's checks that are particular to a family run for wheels of that family, and for wheels of none."""

from __future__ import annotations

import pytest
from macho_files import macho
from pe_files import pe
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


def test_every_check_runs_where_the_platform_is_not_known(tmp_path):
    data = macho(libraries=("/opt/lib/libz.dylib",))
    checks = {check for check, _ in found(wheel(tmp_path, data, "cp313-cp313-plan9_4_x86_64", MODULE))}
    assert {"tags", "mac-libraries"} <= checks
