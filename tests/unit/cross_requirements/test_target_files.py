import pytest

from crosswheel.cross_requirements.comparison import (
    OverlayPatterns,
    first_difference,
    is_excluded,
    is_loadable,
    target_files,
)
from crosswheel.wheels.archive import WheelContents, WheelName

SITE, HEADERS = "lib/python3.13/site-packages", "include/site/python3.13"
ELF = b"\x7fELF"


def contents(files):
    return WheelContents(WheelName.parse("headed-1.0-cp313-cp313-manylinux_2_17_s390x.whl"), files)


@pytest.mark.parametrize(
    ("path", "excluded"),
    [
        ("numpy/_core/include/numpy/_numpyconfig.h", False),
        ("numpy/_core/lib/libnpymath.a", False),
        ("numpy/__init__.pxd", False),
        ("numpy/_core/lib/pkgconfig/numpy.pc", False),
        ("numpy/__init__.py", True),
        ("numpy/__init__.pyi", True),
        ("numpy/__pycache__/__init__.cpython-313.pyc", True),
        ("numpy-2.0.dist-info/licenses/LICENSE.h", True),
        ("numpy.libs/libopenblas.a", True),
        ("numpy/.dylibs/libopenblas.a", True),
    ],
)
def test_what_is_left_out_for_its_name(path, excluded):
    assert is_excluded(f"{SITE}/{path}") is excluded


def test_programs_and_libraries_are_told_by_content():
    assert is_loadable(ELF + b"damaged")
    assert is_loadable(b"MZ\x90\0")
    assert not is_loadable(b"!<arch>\n")
    assert not is_loadable(b"#define A 1\n")


def test_files_lie_where_an_installer_puts_them():
    files = target_files(
        contents({
            "headed/a.h": b"a", "headed/core.so": ELF, "headed/b.py": b"",
            "headed-1.0.data/headers/c.h": b"c", "headed-1.0.data/data/share/d.h": b"d",
            "headed-1.0.data/platlib/headed/e.h": b"e", "headed-1.0.data/scripts/headed-config": b"#!",
            "headed-1.0.dist-info/METADATA": b"",
        }),
        SITE, HEADERS,
    )  # fmt: skip
    assert files == {
        f"{SITE}/headed/a.h": b"a", f"{HEADERS}/headed/c.h": b"c", "share/d.h": b"d", f"{SITE}/headed/e.h": b"e",
    }  # fmt: skip


def test_a_recipe_can_add_and_forbid_files():
    wheel = contents({"headed/libheaded.so": ELF, "headed/a.h": b"a", "headed/b.h": b"b"})
    files = target_files(wheel, SITE, HEADERS, OverlayPatterns(add=("headed/lib*.so",), forbid=("*/b.h",)))
    assert set(files) == {f"{SITE}/headed/libheaded.so", f"{SITE}/headed/a.h"}


def test_the_first_difference_is_told_and_ends_of_lines_are_none():
    here = {"a.h": b"1\n2\n", "b.h": b"same"}
    recorded = dict.fromkeys(here, "sha256=other")
    assert first_difference({"a.h": b"1\r\n2\r\n", "b.h": b"same"}, recorded, here.get) is None
    assert first_difference({"a.h": b"1\n2\n", "b.h": b"else"}, recorded, here.get) == "b.h"
    assert first_difference({"a.h": b"1\n2\n", "c.h": b"more"}, recorded, here.get) == "c.h"
