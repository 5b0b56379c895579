"""Wheels for Windows, macOS and Pyodide whose files their loaders refuse, and sound ones like them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from macho_files import BUNDLE, SYSTEM, X86_64, macho
from pe_files import pe
from wasm_modules import (
    FUNCTION,
    I32,
    MEMORY,
    code,
    custom,
    dylink,
    exports,
    functions,
    imports,
    many,
    module,
    name,
    number,
    section,
    types,
)

from crosswheel.wheels.archive import WheelName, pack_wheel
from crosswheel.wheels.audit import AuditReport, audit_wheel

WINDOWS, MAC, PYODIDE = "win_amd64", "macosx_11_0_arm64", "pyemscripten_2025_0_wasm32"
PYD, BUNDLE_FILE = "a/_m.cp313-win_amd64.pyd", "a/_m.cpython-313-darwin.so"
WASM_FILE = "a/_m.cpython-313-wasm32-emscripten.so"


def audited(place: Path, tag: str, files: dict[str, bytes], *, python: str = "cp313", abi: str = "") -> AuditReport:
    wheel = WheelName.parse(f"a-1-{python}-{abi or python}-{tag}.whl")
    tags = "".join(f"Tag: {found}\n" for found in wheel.tags())
    info = {
        "a-1.dist-info/METADATA": b"Metadata-Version: 2.1\nName: a\nVersion: 1\n",
        "a-1.dist-info/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\n{tags}".encode(),
    }
    return audit_wheel(pack_wheel({**files, **info}, {}, wheel, place, 1_700_000_000))


def errors(report: AuditReport) -> set[str]:
    return {finding.check for finding in report.errors}


GOOD_PE = pe(exports=("PyInit__m",), reproducible=True)


def with_subsystem(data: bytes, major: int, minor: int) -> bytes:
    at = int.from_bytes(data[60:64], "little") + 24 + 48
    return data[:at] + struct.pack("<HH", major, minor) + data[at + 4 :]


@pytest.mark.parametrize(
    ("files", "check"),
    [
        ({PYD: pe(exports=("PyInit__m",), imports={"api-ms-win-core-nope-l1-1-0.dll": ("X",)})}, "dlls"),
        ({PYD: pe(exports=("PyInit__m",), imports={"ext-ms-win-nope-l1-1-0.dll": ("X",)})}, "dlls"),
        ({PYD: GOOD_PE, "a/_n.cp313-win_amd64.pyd": b"MZ nothing"}, "no-module"),
        ({PYD: GOOD_PE, "a/_n.pyd": b"<html>"}, "no-module"),
        ({PYD: pe(exports=("PyInit__m",), imports={"python313t.dll": ("PyLong_FromLong",)})}, "python-dll"),
        (
            {PYD: pe(exports=("PyInit__m",), imports={"python313.dll": ("_Py_MergeZeroLocalRefcount",)})},
            "python-symbols",
        ),
        ({PYD: with_subsystem(GOOD_PE, 11, 0)}, "subsystem"),
        ({PYD: with_subsystem(GOOD_PE, 1, 0)}, "subsystem"),
    ],
)
def test_windows_refuses(tmp_path: Path, files: dict[str, bytes], check: str) -> None:
    assert check in errors(audited(tmp_path, WINDOWS, files))


@pytest.mark.parametrize(
    ("file", "python", "abi", "dll"),
    [
        (PYD, "cp313", "cp313", "api-ms-win-crt-runtime-l1-1-0.dll"),
        (PYD, "cp313", "cp313", "api-ms-win-core-synch-l1-2-0.dll"),
        ("a/_m.cp36-win_amd64.pyd", "cp36", "cp36m", "KERNEL32.dll"),
        ("a/_m.cp37m-win_amd64.pyd", "cp37", "cp37m", "KERNEL32.dll"),
        ("a/_m.pypy310-pp73-win_amd64.pyd", "pp310", "pypy310_pp73", "KERNEL32.dll"),
        ("a/_m.pp310-win_amd64.pyd", "pp310", "pypy310_pp73", "KERNEL32.dll"),
        ("a/_m.graalpy240-311-native-x86_64-win_amd64.pyd", "graalpy311", "graalpy240_311_native", "KERNEL32.dll"),
        (PYD, "cp313", "cp313", "KERNEL32.dll"),
    ],
)
def test_windows_loads(tmp_path: Path, file: str, python: str, abi: str, dll: str) -> None:
    data = pe(exports=("PyInit__m",), imports={dll: ("Sleep",)}, reproducible=True)
    assert audited(tmp_path, WINDOWS, {file: data}, python=python, abi=abi).errors == ()


def test_a_suffix_is_that_of_the_wheels_python(tmp_path: Path) -> None:
    for file, python, abi in (
        ("a/_m.cp36-win_amd64.pyd", "cp37", "cp37m"),
        ("a/_m.pypy39-pp73-win_amd64.pyd", "pp310", "x"),
    ):
        data = pe(exports=("PyInit__m",), imports={"KERNEL32.dll": ("Sleep",)})
        assert "pyd-suffix" in errors(audited(tmp_path, WINDOWS, {file: data}, python=python, abi=abi))


def for_old_ios() -> bytes:
    """Return a module whose version command is that of iOS before 12: LC_VERSION_MIN_IPHONEOS."""
    data = bundle()
    at = data.index(struct.pack("<2I", 0x32, 24))
    return data[:at] + struct.pack("<6I", 0x25, 24, 11 << 16, 0, 0, 0) + data[at + 24 :]


def bundle(*needed: str, imports: dict[str, int] | None = None, **changes: Any) -> bytes:
    """Return a module that needs libraries besides the system's."""
    return macho(exports=("PyInit__m",), imports=imports or {}, libraries=(SYSTEM, *needed), **changes)


@pytest.mark.parametrize(
    ("data", "check"),
    [
        (bundle("/usr/lib/libnope.dylib"), "mac-libraries"),
        (bundle("@rpath/libh.dylib"), "mac-libraries"),
        (bundle("@rpath/libh.dylib", run_paths=("@loader_path/elsewhere",)), "mac-libraries"),
        (bundle("@loader_path/elsewhere/libh.dylib"), "mac-libraries"),
        (for_old_ios(), "machine"),
        (bundle(platform=2), "machine"),
        (bundle(imports={"PyUnicode_Nop": -2}), "python-names"),
    ],
)
def test_macos_refuses(tmp_path: Path, data: bytes, check: str) -> None:
    files = {BUNDLE_FILE: data, "a/.dylibs/libh.dylib": bundle()}
    assert check in errors(audited(tmp_path, MAC, files))


@pytest.mark.parametrize(
    "data",
    [
        bundle(),
        bundle("/usr/lib/libz.1.dylib", "/usr/lib/libc++.1.dylib"),
        bundle("@rpath/libh.dylib", run_paths=("@loader_path/.dylibs",)),
        bundle("@loader_path/.dylibs/libh.dylib"),
        bundle("/System/Library/Frameworks/Accelerate.framework/Accelerate"),
        bundle(imports={"PyUnicode_New": -2, "_Py_Dealloc": -2}),
    ],
)
def test_macos_loads(tmp_path: Path, data: bytes) -> None:
    files = {BUNDLE_FILE: data, "a/.dylibs/libh.dylib": bundle()}
    assert errors(audited(tmp_path, MAC, files)) <= {"signature"}


def test_a_file_for_32_bits_is_no_module(tmp_path: Path) -> None:
    narrow = b"\xce\xfa\xed\xfe" + struct.pack("<6I", 7, 3, BUNDLE, 0, 0, 0)
    files = {BUNDLE_FILE: bundle(), "a/_n.cpython-313-darwin.so": narrow}
    found = [finding for finding in audited(tmp_path, MAC, files).errors if finding.member.startswith("a/_n")]
    assert found


@pytest.mark.parametrize(("version", "fine"), [("10_7", True), ("10_6", False)])
def test_thread_local_variables_are_of_macos_10_7(tmp_path: Path, version: str, fine: bool) -> None:
    major, minor = map(int, version.split("_"))
    data = bundle(imports={"_tlv_bootstrap": 1}, cputype=X86_64, minimum=(major, minor))
    report = audited(tmp_path, f"macosx_{version}_x86_64", {"a/_m.cpython-313-darwin.so": data})
    assert ("system-symbols" in errors(report)) is not fine


def features(*marked: str) -> bytes:
    return custom("target_features", many(mark[:1].encode() + name(mark[1:]) for mark in marked))


def memory(flags: int) -> bytes:
    return imports(("env", "memory", MEMORY, bytes([flags]) + number(1) + (number(1) if flags & 1 else b"")))


BODY = (functions(0), exports(("PyInit__m", FUNCTION, 0)))
SIGNATURES = types(([], [I32]))


@pytest.mark.parametrize(
    ("data", "check"),
    [
        (module(dylink(), SIGNATURES, memory(4), *BODY, code(1)), "runtime-abi"),
        (module(dylink(), SIGNATURES, memory(3), *BODY, code(1)), "runtime-abi"),
        (module(dylink(), SIGNATURES, *BODY, code(1), features("+atomics")), "runtime-abi"),
        (module(dylink(), SIGNATURES, imports(("xyz", "f", FUNCTION, b"\0")), functions(0), code(1)), "runtime-abi"),
        (module(dylink(), SIGNATURES, imports(("env", "PyUnicode_Nop", FUNCTION, b"\0")), functions(0), code(1)),
         "python-names"),
    ],
)  # fmt: skip
def test_pyodide_refuses(tmp_path: Path, data: bytes, check: str) -> None:
    assert check in errors(audited(tmp_path, PYODIDE, {WASM_FILE: data}))


@pytest.mark.parametrize(
    "section_of_code",
    [section(10, b"\xff" * 20), section(10, number(1) + number(2) + b"\0\xff"), section(10, number(0)), code(2)],
)
def test_damaged_code_is_refused(tmp_path: Path, section_of_code: bytes) -> None:
    damaged = module(dylink(), SIGNATURES, *BODY, section_of_code)
    assert not audited(tmp_path, PYODIDE, {WASM_FILE: damaged}).ok


def test_pyodide_loads(tmp_path: Path) -> None:
    taken = imports(("env", "PyUnicode_New", FUNCTION, b"\0"), ("env", "memory", MEMORY, b"\0" + number(1)))
    data = module(dylink(), SIGNATURES, taken, functions(0), exports(("PyInit__m", FUNCTION, 1)), code(1),
                  features("+simd128", "+mutable-globals", "-atomics"))  # fmt: skip
    assert audited(tmp_path, PYODIDE, {WASM_FILE: data}).errors == ()


def test_libraries_for_other_machines_beside_the_own_are_data(tmp_path: Path) -> None:
    kernel = {"KERNEL32.dll": ("Sleep",)}
    own, other = (pe(exports=("attach",), machine=machine, imports=kernel) for machine in (0x8664, 0x14C))
    assert (
        errors(audited(tmp_path, WINDOWS, {PYD: GOOD_PE, "a/attach_amd64.dll": own, "a/attach_x86.dll": other}))
        == set()
    )
    assert "machine" in errors(audited(tmp_path, WINDOWS, {PYD: GOOD_PE, "a/attach_x86.dll": other}))
    module_for_other = pe(exports=("PyInit__n",), machine=0x14C, imports=kernel)
    files = {PYD: GOOD_PE, "a/attach_amd64.dll": own, "a/_n.cp313-win_amd64.pyd": module_for_other}
    assert "machine" in errors(audited(tmp_path, WINDOWS, files))


def test_a_run_path_without_effect_is_a_warning(tmp_path: Path) -> None:
    for needed, is_error in (((), False), (("@rpath/libh.dylib",), True)):
        data = bundle(*needed, run_paths=("/opt/lib", "@loader_path/.dylibs"))
        files = {BUNDLE_FILE: data, "a/.dylibs/libh.dylib": bundle()}
        report = audited(tmp_path, MAC, files)
        (finding,) = [each for each in report.findings if each.check == "install-names"]
        assert (finding in report.errors) is is_error
