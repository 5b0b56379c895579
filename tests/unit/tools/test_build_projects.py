"""The comparison of wheels in the script that builds the test packages of build backends."""

import pytest

from build_projects import platform_free, wheel_differences
from crosswheel.wheels.archive import WheelContents, WheelName

NATIVE = "demo-1-cp313-cp313-linux_x86_64.whl"
WINDOWS = "demo-1-cp313-cp313-win_amd64.whl"


def wheel(name: str, files: dict[str, bytes]) -> WheelContents:
    return WheelContents(WheelName.parse(name), files)


@pytest.mark.parametrize(
    ("native", "other"),
    [
        ("p/a.cpython-313-x86_64-linux-gnu.so", "p/a.cp313-win_amd64.pyd"),
        ("p/a.cpython-313-x86_64-linux-gnu.so", "p/a.cpython-313-wasm32-emscripten.so"),
        ("p/a.abi3.so", "p/a.pyd"),
        ("p/libb.so", "p/b.dll"),
        ("p/libb.so.1.2", "p/libb-1.dll"),
        ("p/libb.a", "p/b.lib"),
        ("demo-1.data/scripts/run", "demo-1.data/scripts/run.exe"),
        ("demo-1.data/platlib/p/a.py", "p/a.py"),
        ("demo-1.data/purelib/p/a.py", "demo-1.data/platlib/p/a.py"),
    ],
)
def test_names_of_platforms_are_the_same_file(native, other):
    assert platform_free(native) == platform_free(other)


def test_a_module_is_not_a_library():
    assert platform_free("p/a.abi3.so") != platform_free("p/liba.so")


def test_wheels_of_the_same_files_do_not_differ():
    native = wheel(
        NATIVE, {"a.cpython-313-x86_64-linux-gnu.so": b"\x7fELF1", "a.py": b"x", "demo-1.dist-info/RECORD": b"1"}
    )
    windows = wheel(WINDOWS, {"a.cp313-win_amd64.pyd": b"MZ2", "a.py": b"x", "demo-1.dist-info/RECORD": b"2"})
    assert wheel_differences(native, windows) == ()


def test_missing_and_additional_files_and_other_contents_are_found():
    native = wheel(NATIVE, {"a.py": b"x", "b.py": b"x"})
    windows = wheel(WINDOWS, {"a.py": b"y", "c.py": b"x"})
    assert wheel_differences(native, windows) == ("lacks b.py", "adds c.py", "other contents: a.py")


@pytest.mark.parametrize("name", ["demo-1-cp313-abi3-win_amd64.whl", "demo-1-py3-none-any.whl"])
def test_another_tag_is_found(name):
    (difference,) = wheel_differences(wheel(NATIVE, {}), wheel(name, {}))
    assert name in difference


@pytest.mark.parametrize(
    ("library", "archive"),
    [
        ("p/a.cp313-win_amd64.pyd", "p/a.cp313-win_amd64.dll.a"),
        ("p/a.pyd", "p/a.lib"),
        ("p/libb-1.dll", "p/libb.dll.a"),
    ],
)
def test_an_import_library_is_no_difference(library, archive):
    native = wheel(NATIVE, {platform_free(library).replace(" (module)", ".abi3.so").replace(" (library)", ".so"): b""})
    assert wheel_differences(native, wheel(WINDOWS, {library: b"", archive: b""})) == ()
    (difference,) = wheel_differences(wheel(NATIVE, {}), wheel(WINDOWS, {archive: b""}))
    assert difference.startswith("adds ")
