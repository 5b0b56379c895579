"""Wheels whose ELF files the loader refuses, or that need what their tag does not promise, and sound ones like them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny_elf import EXEC, REL, RISCV64, X86_64, elf

from crosswheel.wheels.archive import WheelName, pack_wheel
from crosswheel.wheels.audit import AuditReport, Expectations, audit_wheel

RISCV, INTEL, OLD, MUSL = (
    "manylinux_2_31_riscv64", "manylinux_2_17_x86_64", "manylinux_2_17_riscv64", "musllinux_1_2_x86_64",
)  # fmt: skip
MUSL_LIBC = "libc.musl-x86_64.so.1"


def audited(
    place: Path, tag: str, files: dict[str, bytes], *, python: str = "cp313", abi: str = "", strict: bool = False
) -> AuditReport:
    name = WheelName.parse(f"a-1-{python}-{abi or python}-{tag}.whl")
    tags = "".join(f"Tag: {found}\n" for found in name.tags())
    info = {
        "a-1.dist-info/METADATA": b"Metadata-Version: 2.1\nName: a\nVersion: 1\n",
        "a-1.dist-info/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\n{tags}".encode(),
    }
    return audit_wheel(pack_wheel({**files, **info}, {}, name, place, 1_700_000_000), Expectations(strict=strict))


def module(tag: str = RISCV, **changes: Any) -> bytes:
    """Return a module ``_m`` that is right for a tag, but for the changes."""
    if tag == MUSL:
        sound: dict[str, Any] = {"machine": X86_64, "needed": (MUSL_LIBC,), "versions": ()}
    elif tag.endswith("x86_64"):
        sound = {"machine": X86_64, "versions": (("memcpy", "libc.so.6", "GLIBC_2.14"),)}
    else:
        sound = {"machine": RISCV64}
    return elf(**{"exports": ("PyInit__m",), **sound, **changes})


def path(tag: str = RISCV, python: str = "313") -> str:
    if tag == MUSL:
        return f"a/_m.cpython-{python}-x86_64-linux-musl.so"
    return f"a/_m.cpython-{python}-{'x86_64' if tag.endswith('x86_64') else 'riscv64'}-linux-gnu.so"


@pytest.mark.parametrize("tag", [RISCV, INTEL, MUSL])
def test_a_sound_module_has_no_finding(tmp_path: Path, tag: str) -> None:
    assert audited(tmp_path, tag, {path(tag): module(tag)}, strict=True).findings == ()


@pytest.mark.parametrize(
    ("changes", "check", "what"),
    [
        ({"kind": REL}, "elf-file", "is an object file"),
        ({"kind": EXEC}, "elf-file", "is a program"),
        ({"interpreter": True}, "elf-file", "is a program"),
        ({"os_abi": 9}, "elf-file", "OS ABI 9"),
        ({"missing": 1}, "elf-file", "ends before its last segment"),
        ({"needed": ("libc.so.6", "/tmp/libh.so")}, "elf-file", "by the path /tmp/libh.so"),
        ({"soname": "/tmp/libh.so"}, "elf-file", "by the path /tmp/libh.so"),
        ({"needed": ("libopenblas.so.0",), "sections": False}, "libraries", "needs libopenblas.so.0"),
        ({"run_path": "$ORIGIN/../../.."}, "run-path", "leads out of site-packages"),
        ({"run_path": "$ORIGIN/../.."}, "run-path", "leads out of site-packages"),
        ({"run_path": "$ORIGIN::$ORIGIN/x"}, "run-path", "an empty entry"),
        ({"run_path": "$ORIGINAL"}, "run-path", "not relative to $ORIGIN"),
        ({"run_path": "/opt/lib"}, "run-path", "not relative to $ORIGIN"),
        ({"imports": ("arc4random_buf",)}, "unresolved", "glibc has since 2.36 only"),
        ({"imports": ("arc4random_buf",), "needed": ()}, "unresolved", "glibc has since 2.36 only"),
        ({"imports": ("PyNoSuchFunction_Ever",)}, "python-names", "no CPython exports|does not export"),
        ({"imports": ("_Py_MergeZeroLocalRefcount",)}, "python-names", "is of 3.13t"),
        ({"imports": ("_Py_RefTotal",)}, "python-names", "is of"),
        ({"imports": ("PyFPE_jbuf",)}, "python-names", "PyFPE_jbuf"),
        ({"imports": ("PyUnicode_AsUnicode",)}, "python-names", "3.11"),
        ({"imports": ("zcalloc",), "needed": ("libz.so.1",)}, "forbidden-symbols", "zcalloc of libz.so.1"),
    ],
)
def test_a_module_that_fails_at_run_time_is_refused(
    tmp_path: Path, changes: dict[str, Any], check: str, what: str
) -> None:
    report = audited(tmp_path, RISCV, {path(): module(**changes)})
    found = [each.what for each in report.errors if each.check == check]
    assert any(part in text for text in found for part in what.split("|")), report.findings


@pytest.mark.parametrize(
    ("changes", "check", "what", "is_error"),
    [
        ({"export_info": 0x1A}, "musl-loader", "IFUNC", True),
        ({"export_info": 0xA2}, "musl-loader", "unique", False),
        ({"imports": ("deflate",)}, "unresolved", "deflate", True),
        ({"imports": ("__fprintf_chk",)}, "unresolved", "__fprintf_chk", True),
        ({"imports": ("gnu_get_libc_version",)}, "unresolved", "gnu_get_libc_version", True),
        ({"imports": ("statx",)}, "unresolved", "since 1.2.5", False),
    ],
)
def test_what_musl_lacks_is_found(
    tmp_path: Path, changes: dict[str, Any], check: str, what: str, is_error: bool
) -> None:
    report = audited(tmp_path, MUSL, {path(MUSL): module(MUSL, **changes)})
    (finding,) = report.findings
    assert (finding.check, finding in report.errors) == (check, is_error)
    assert what in finding.what


@pytest.mark.parametrize(
    ("tag", "changes"),
    [
        (RISCV, {"run_path": "${ORIGIN}/libs"}),
        (RISCV, {"run_path": "$ORIGIN/..:$ORIGIN"}),
        (RISCV, {"run_path": ""}),
        (RISCV, {"os_abi": 3}),
        (RISCV, {"sections": False}),
        (RISCV, {"imports": ("memcpy",)}),
        (RISCV, {"imports": ("_Py_Dealloc", "PyLong_FromLong", "PyUnicode_New")}),
        (RISCV, {"imports": ("deflate",), "needed": ("libz.so.1",)}),
        (RISCV, {"export_info": 0xA2}),
        (MUSL, {"imports": ("fopen64", "memcpy", "__errno_location", "__tls_get_addr", "PyLong_FromLong")}),
        (MUSL, {"imports": ("deflate",), "needed": (MUSL_LIBC, "libz.so.1")}),
    ],
)
def test_what_the_loader_accepts_is_fine(tmp_path: Path, tag: str, changes: dict[str, Any]) -> None:
    assert audited(tmp_path, tag, {path(tag): module(tag, **changes)}).findings == ()


@pytest.mark.parametrize(
    ("python", "abi", "file", "imports", "fine"),
    [
        ("cp313", "cp313t", "a/_m.cpython-313t-riscv64-linux-gnu.so", "_Py_MergeZeroLocalRefcount", True),
        ("cp38", "cp38", "a/_m.cpython-38-riscv64-linux-gnu.so", "PyUnicode_AsUnicode", True),
        ("cp38", "cp38", "a/_m.cpython-38-riscv64-linux-gnu.so", "PyType_GetName", False),
        ("cp37", "cp37m", "a/_m.cpython-37m-riscv64-linux-gnu.so", "_PyObject_GC_Malloc", True),
        ("py3", "none", "a/_m.so", "PyNoSuchFunction_Ever", False),
        ("py3", "none", "a/_m.so", "PyUnicode_AsUnicode", True),
    ],
)
def test_symbols_are_those_of_the_wheels_python(
    tmp_path: Path, python: str, abi: str, file: str, imports: str, fine: bool
) -> None:
    report = audited(tmp_path, RISCV, {file: module(imports=(imports,))}, python=python, abi=abi)
    assert ("python-names" in {each.check for each in report.errors}) is not fine


@pytest.mark.parametrize("library", ["a.libs/libh.so", "a/libh.so.1"])
def test_a_library_of_an_abi3_wheel_keeps_to_the_stable_abi(tmp_path: Path, library: str) -> None:
    helper = elf(exports=("help",), imports=("_PyLong_Sign",), soname=library.rpartition("/")[2])
    files = {
        "a/_m.abi3.so": module(needed=("libc.so.6", library.rpartition("/")[2]), run_path="$ORIGIN:$ORIGIN/../a.libs")
    }
    report = audited(tmp_path, RISCV, {**files, library: helper}, python="cp39", abi="abi3")
    assert [(each.check, each.member) for each in report.errors] == [("abi3", library)]


@pytest.mark.parametrize("strict", [False, True])
def test_a_module_with_another_entry_point(tmp_path: Path, strict: bool) -> None:
    report = audited(tmp_path, RISCV, {"a/_m.so": module(exports=("PyInit_other",))}, strict=strict)
    (finding,) = report.findings
    assert (finding.check, report.ok) == ("init", not strict)


@pytest.mark.parametrize("content", [b"", b"<html>404 Not Found</html>"])
@pytest.mark.parametrize("name", ["a/_n.cpython-313-riscv64-linux-gnu.so", "a/_n.abi3.so"])
def test_a_file_with_a_modules_name_is_a_module(tmp_path: Path, content: bytes, name: str) -> None:
    report = audited(tmp_path, RISCV, {path(): module(), name: content})
    assert [(each.check, each.member) for each in report.errors] == [("no-module", name)]


@pytest.mark.parametrize("tag", [OLD, "manylinux_2_4_x86_64"])
def test_a_tag_without_a_policy_is_an_error(tmp_path: Path, tag: str) -> None:
    report = audited(tmp_path, tag, {path(tag): module(tag, needed=("libopenblas.so.0",))})
    assert "policy" in {each.check for each in report.errors}


def test_a_file_named_like_the_c_library_does_not_disable_checks(tmp_path: Path) -> None:
    files = {
        path(): module(versions=(("memcpy", "libc.so.6", "GLIBC_2.36"),)),
        "a.libs/libc.so.6": elf(exports=("memcpy",), imports=(), soname="libc.so.6", needed=(), versions=()),
    }
    report = audited(tmp_path, RISCV, files)
    assert {"symbol-versions", "libraries"} <= {each.check for each in report.errors}
