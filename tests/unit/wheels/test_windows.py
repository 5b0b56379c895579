"""Audit and repair of synthetic Windows wheels."""

from __future__ import annotations

from pathlib import Path

import pytest
import single_modules
from fake_hosts import Shelf, fake_host
from pe_files import ARM64, DLL, I386, pe
from single_modules import found

from crosswheel.errors import AuditError
from crosswheel.targets import WindowsTarget, target_from_tag
from crosswheel.testing.test_wheel import importable_modules
from crosswheel.wheels.archive import WheelName, pack_wheel, read_wheel
from crosswheel.wheels.audit import audit_wheel
from crosswheel.wheels.policies import is_windows_library
from crosswheel.wheels.repair import repair_wheel

TAG = "win_amd64"
TAGGED = "a.cp313-win_amd64.pyd"
KERNEL = {"KERNEL32.dll": ("GetLastError",)}


def wheel(place: Path, data: bytes, module: str = TAGGED, python: str = "cp313-cp313", tag: str = TAG) -> Path:
    return single_modules.wheel(place, data, f"{python}-{tag}", module)


def stable(*names: str) -> bytes:
    return pe(imports={"python3.dll": names, **KERNEL})


@pytest.mark.parametrize(
    ("data", "module", "python", "tag"),
    [
        (pe(), TAGGED, "cp313-cp313", TAG),
        (pe(), "a.pyd", "cp313-cp313", TAG),
        (pe(), "deep/a.pyd", "cp313-cp313", TAG),
        (pe(stamp=12345, reproducible=True), TAGGED, "cp313-cp313", TAG),
        (pe(debug_file="a.pdb"), TAGGED, "cp313-cp313", TAG),
        (pe(machine=ARM64), "a.cp313-win_arm64.pyd", "cp313-cp313", "win_arm64"),
        (pe(machine=I386), "a.cp313-win32.pyd", "cp313-cp313", "win32"),
        (stable("PyLong_FromLong"), "a.pyd", "cp310-abi3", TAG),
        (pe(imports={"python3.dll": ("PyLong_FromLong",)}), TAGGED, "cp313-cp313", TAG),
        (pe(imports={"vcruntime140_1.dll": ("x",), "api-ms-win-crt-math-l1-1-0.dll": ("sin",)}), "a.pyd",
         "cp313-cp313", TAG),
    ],
)  # fmt: skip
def test_right_ones_pass(tmp_path: Path, data: bytes, module: str, python: str, tag: str) -> None:
    assert found(wheel(tmp_path, data, module, python, tag)) == []


@pytest.mark.parametrize(
    ("data", "check", "said"),
    [
        (pe(machine=ARM64), "machine", "is for ARM64, but the wheel tag is win_amd64"),
        (pe(characteristics=0x22), "dll", "is EXE, not a DLL"),
        (pe(imports={"python312.dll": ("PyLong_FromLong",)}), "python-dll",
         "needs python312.dll, but the wheel is for cp313"),
        (pe(imports={"python313t.dll": ("PyLong_FromLong",)}), "python-dll",
         "needs python313t.dll, but the wheel is for cp313"),
        (pe(imports={"python313_d.dll": ("PyLong_FromLong",)}), "python-dll",
         "needs python313_d.dll, but the wheel is for cp313"),
        (pe(imports={"python313.dll": ("_PyLong_Frobnicate", "Py_No")}), "python-symbols",
         "undefined symbols not exported by python313.dll: Py_No, _PyLong_Frobnicate"),
        (pe(delayed={"python313.dll": ("Py_No",)}), "python-symbols",
         "undefined symbols not exported by python313.dll: Py_No"),
        (pe(imports={"ucrtbased.dll": ("sin",)}), "dlls", "needs ucrtbased.dll, which win_amd64 does not provide"),
        (pe(imports={"libstdc++-6.dll": ("x",)}), "dlls",
         "needs libstdc++-6.dll, which win_amd64 does not provide"),
        (pe(delayed={"msvcp140.dll": ("x",)}), "dlls", "needs msvcp140.dll, which win_amd64 does not provide"),
        (pe(debug_file="C:\\build\\a.pdb"), "debug-file", "contains the debug file path C:\\build\\a.pdb"),
        (pe(debug_file="/tmp/build/a.pdb"), "debug-file", "contains the debug file path /tmp/build/a.pdb"),
        (pe(stamp=1_700_000_000), "time-stamp", "has the link time stamp 1700000000"),
        (pe(section=0xE0000020), "hardening", "has a writable code section: .text"),
        (pe(flags=0x100), "hardening", "has a fixed load address: not linked with -dynamicbase"),
        (pe(flags=0x40), "hardening", "allows execution of data: not linked with -nxcompat"),
        (pe(exports=("PyInit_b",)), "init", "does not export PyInit_a; cannot be imported"),
        (pe()[:1000], "archive", "is a compiled file that cannot be parsed: truncated or corrupt"),
    ],
)  # fmt: skip
def test_faults(tmp_path: Path, data: bytes, check: str, said: str) -> None:
    assert (check, said) in found(wheel(tmp_path, data))


@pytest.mark.parametrize(
    ("module", "python", "said"),
    [
        ("a.cp312-win_amd64.pyd", "cp313-cp313", "is for cp312, but the wheel is for cp313"),
        ("a.cp313t-win_amd64.pyd", "cp313-cp313", "is for cp313t, but the wheel is for cp313"),
        ("a.cp313-win32.pyd", "cp313-cp313", "is named for win32, but the target's Python expects win_amd64"),
        ("a.abi3.pyd", "cp313-cp313", "ends in .abi3.pyd, which Python on Windows does not import"),
        ("a.abi3.pyd", "cp310-abi3", "ends in .abi3.pyd, which Python on Windows does not import"),
        (TAGGED, "cp310-abi3", "is for a single Python version, but the wheel is abi3"),
        ("a.cpython-313-x86_64-linux-gnu.so", "cp313-cp313",
         "ends in .cpython-313-x86_64-linux-gnu.so, which Python on Windows does not import"),
        ("a.so", "cp313-cp313", "ends in .so, which Python on Windows does not import"),
        ("a_d.cp313-win_amd64", "cp313-cp313", "ends in .cp313-win_amd64, which Python on Windows does not import"),
    ],
)  # fmt: skip
def test_names_that_windows_python_does_not_look_for(tmp_path: Path, module: str, python: str, said: str) -> None:
    assert ("pyd-suffix", said) in found(wheel(tmp_path, stable("PyLong_FromLong"), module, python))


def several(place: Path, files: dict[str, bytes]) -> Path:
    """Write a wheel with other files besides its metadata."""
    info = {name: data for name, data in read_wheel(wheel(place / "one", pe())).files.items() if ".dist-info/" in name}
    return pack_wheel({**info, **files}, {}, WheelName.parse(f"a-1-cp313-cp313-{TAG}.whl"), place, 1_700_000_000)


NEEDS = pe(imports={"B.dll": ("b",), "python313.dll": ("PyLong_FromLong",)})
CHAIN = pe(imports={"c.dll": ("c",)}, exports=("b",))
LIBRARY = pe(imports=KERNEL, exports=("b",))
ELSEWHERE = "needs b.dll, which the wheel contains in a directory that Windows does not search"


@pytest.mark.parametrize(
    "files",
    [
        {"a.pyd": NEEDS, "b.dll": LIBRARY},
        {"p/a.pyd": NEEDS, "p/b.dll": CHAIN, "p/c.dll": LIBRARY},
        {"a-1.data/platlib/p/a.pyd": NEEDS, "p/b.dll": LIBRARY},
        {"p/a.pyd": NEEDS, "p/b.dll": LIBRARY, "p/q/a.pyd": NEEDS},
        {"p/a.pyd": NEEDS, "libs/b.dll": LIBRARY, "p/__init__.py": b"import os\nos.add_dll_directory('libs')\n"},
        {"p/a.pyd": NEEDS, "libs/b.dll": LIBRARY, "p/__init__.py": b"ctypes.WinDLL('libs/b.dll')\n"},
        {"p/a.pyd": NEEDS, "libs/b.dll": LIBRARY, "p/a_init.pyd": pe(exports=("PyInit_a_init", "add_dll_directory"))},
        {"p/a.pyd": pe(), "libs/b.dll": CHAIN, "other/c.dll": LIBRARY},
    ],
)
def test_libraries_in_the_wheel_that_windows_finds(tmp_path: Path, files: dict[str, bytes]) -> None:
    assert found(several(tmp_path, files)) == []


@pytest.mark.parametrize(
    "files",
    [
        {"p/a.pyd": NEEDS, "libs/b.dll": LIBRARY},
        {"p/a.pyd": NEEDS, "p/libs/b.dll": LIBRARY, "p/__init__.py": b"from p import a\n"},
        {"p/q/a.pyd": NEEDS, "p/b.dll": LIBRARY, "p/a.pyd": pe()},
        {"p/a.pyd": NEEDS, "a-1.data/scripts/b.dll": LIBRARY},
        {
            "p/a.pyd": pe(imports={"b.dll": ("b",), "LoadLibrary.dll": ()}),
            "libs/b.dll": LIBRARY,
            "p/LoadLibrary.dll": LIBRARY,
        },
    ],
)
def test_libraries_in_the_wheel_that_windows_does_not_find(tmp_path: Path, files: dict[str, bytes]) -> None:
    path = several(tmp_path, files)
    assert found(path) == [("dll-directory", ELSEWHERE)]
    assert audit_wheel(path).ok


def test_a_library_of_a_library_elsewhere(tmp_path: Path) -> None:
    files = {"p/a.pyd": NEEDS, "p/b.dll": CHAIN, "libs/c.dll": LIBRARY}
    assert found(several(tmp_path, files)) == [("dll-directory", ELSEWHERE.replace("b.dll", "c.dll"))]


def test_the_stable_abi_is_kept(tmp_path: Path) -> None:
    newer = wheel(tmp_path, stable("PyLong_FromLong", "PyObject_GetOptionalAttr"), "a.pyd", "cp310-abi3")
    what = "uses PyObject_GetOptionalAttr, which is not in the stable ABI of cp310"
    assert ("abi3", what) in found(newer)
    one = wheel(tmp_path, pe(), "a.pyd", "cp310-abi3")
    assert ("python-dll", "needs python313.dll, but the wheel is for abi3") in found(one)


def test_habits_of_others_are_warnings(tmp_path: Path) -> None:
    path = wheel(tmp_path, pe(stamp=1_700_000_000, debug_file="D:\\a\\a.pdb"))
    assert audit_wheel(path).ok
    assert found(path, strict=False) == [("debug-file", "contains the debug file path D:\\a\\a.pdb")]


def test_a_python_whose_exports_are_not_known_is_told(tmp_path: Path) -> None:
    path = wheel(tmp_path, pe(imports={"python399.dll": ("Py_No",)}), "a.pyd", "cp399-cp399")
    assert ("python-symbols", "not checked: no list for python399.dll") in found(path)
    assert audit_wheel(path).ok


@pytest.mark.parametrize(
    ("name", "fine"), [("PyUnicode_AsUnicode", True), ("PyErr_SetFromWindowsErr", True), ("PyType_GetName", False)]
)
def test_exports_of_a_python_without_a_list_are_those_of_its_version(tmp_path: Path, name: str, fine: bool) -> None:
    path = wheel(tmp_path, pe(imports={"python38.dll": (name,)}), "a.pyd", "cp38-cp38")
    assert audit_wheel(path).ok is fine


@pytest.mark.parametrize(
    ("library", "tag", "promised"),
    [
        ("KERNEL32.dll", "win_amd64", True),
        ("ws2_32.DLL", "win_arm64", True),
        ("api-ms-win-crt-heap-l1-1-0.dll", "win32", True),
        ("VCRUNTIME140.dll", "win32", True),
        ("VCRUNTIME140_1.dll", "win_amd64", True),
        ("VCRUNTIME140_1.dll", "win32", False),
        ("MSVCP140.dll", "win_amd64", False),
        ("libgcc_s_seh-1.dll", "win_amd64", False),
        ("libwinpthread-1.dll", "win_amd64", False),
    ],
)
def test_what_every_windows_has(library: str, tag: str, promised: bool) -> None:
    target = target_from_tag(tag)
    assert isinstance(target, WindowsTarget)
    assert is_windows_library(library, target) == promised


def test_repair_gives_the_tag_and_changes_no_module(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    raw = wheel(tmp_path, pe(), tag="win32")
    repaired = repair_wheel(
        fake_host(tmp_path, Shelf(tmp_path)), raw, target_from_tag(TAG), tmp_path / "out", 1_700_000_000
    )
    assert repaired.path.name == f"a-1-cp313-cp313-{TAG}.whl"
    assert found(repaired.path) == []


def test_repair_copies_no_libraries(tmp_path: Path) -> None:
    raw = wheel(tmp_path, pe(imports={"libz-1.dll": ("deflate",), **KERNEL}))
    with pytest.raises(AuditError, match=r"needs libz-1\.dll, which win_amd64 does not provide"):
        repair_wheel(fake_host(tmp_path, Shelf(tmp_path)), raw, target_from_tag(TAG), tmp_path, 1_700_000_000)


def test_modules_are_what_a_test_imports(tmp_path: Path) -> None:
    assert importable_modules(wheel(tmp_path, pe(characteristics=DLL), "deep/a.cp313-win_amd64.pyd")) == ["deep.a"]
