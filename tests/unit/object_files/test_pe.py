"""What is read from a PE file, and that nothing in one is fatal."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pe_files import AMD64, ARM64, I386, coff, pe

from crosswheel.object_files import is_binary, read_binary
from crosswheel.object_files.mismatch import mismatch
from crosswheel.object_files.pe import Pe, PeImport, read_pe
from crosswheel.targets import target_from_tag

# The first file that is read has pefile imported, which takes its time; so there are no deadlines here.
PLAIN = pe(delayed={"late.dll": ("later",)}, debug_file="C:\\a\\b.pdb")


def read(data: bytes) -> Pe:
    found = read_pe(data)
    assert found is not None
    return found


@pytest.mark.parametrize("machine", [AMD64, I386, ARM64])
def test_facts(machine: int) -> None:
    found = read(pe(machine=machine, stamp=7, debug_file="C:\\a\\b.pdb", delayed={"late.dll": ("later", "#9")}))
    assert (found.machine, found.kind, found.format) == (machine, "DLL", "PE")
    assert found.needed == ("python313.dll", "KERNEL32.dll", "late.dll")
    assert found.imports == (
        PeImport("PyModule_Create2", "python313.dll"),
        PeImport("PyLong_FromLong", "python313.dll"),
        PeImport("GetLastError", "KERNEL32.dll"),
        PeImport("later", "late.dll"),
        PeImport("#9", "late.dll"),
    )
    assert found.exported_names == {"PyInit_a"}
    assert (found.time_stamp, found.reproducible, found.debug_file) == (7, False, "C:\\a\\b.pdb")
    assert (found.relocatable, found.data_execution, found.writable_code) == (True, False, ())


def test_what_is_not_hardened() -> None:
    found = read(pe(flags=0, section=0xE0000020))
    assert (found.relocatable, found.data_execution, found.writable_code) == (False, True, (".text",))


def test_programs_and_reproducible_files() -> None:
    found = read(pe(characteristics=0x22, exports=(), imports={}, reproducible=True))
    assert (found.kind, found.reproducible, found.needed, found.exported_names) == ("EXE", True, (), frozenset())


def test_architectures_have_names() -> None:
    assert [read(pe(machine=m)).architecture for m in (AMD64, ARM64, I386)] == ["AMD64", "ARM64", "I386"]
    assert read(pe(machine=0x5064)).architecture == "0x5064"


def test_object_files() -> None:
    found = read_binary(coff(ARM64))
    assert isinstance(found, Pe)
    assert (found.kind, found.architecture) == ("OBJECT", "ARM64")
    assert not is_binary(coff()[:30])
    assert not is_binary(b"d\x86 is how this text begins, and no object file")


@pytest.mark.parametrize(
    ("data", "tag", "wrong"),
    [
        (pe(), "win_amd64", None),
        (pe(machine=I386), "win32", None),
        (pe(machine=ARM64), "win_arm64", None),
        (pe(machine=ARM64), "win_amd64", "for ARM64"),
        (pe(), "win32", "for AMD64"),
        (coff(I386), "win_amd64", "for I386"),
        (pe(), "manylinux_2_17_x86_64", "a file in PE format"),
        (b"\0asm\x01\0\0\0", "win_amd64", "a file in WebAssembly format"),
    ],
)
def test_whether_it_is_for_a_target(data: bytes, tag: str, wrong: str | None) -> None:
    binary, target = read_binary(data), target_from_tag(tag)
    assert binary is not None
    assert target is not None
    assert mismatch(binary, target) == wrong


def test_programs_of_dos_are_none() -> None:
    assert not is_binary(b"MZ" + bytes(200))
    assert read_pe(b"MZ" + bytes(200)) is None


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_after_the_headers_magic_are_read_or_refused(data: bytes) -> None:
    read_pe(PLAIN[:68] + data)


@settings(max_examples=400)
@given(st.integers(2, len(PLAIN) - 1), st.integers(0, 255))
def test_a_changed_byte_is_read_or_refused(at: int, value: int) -> None:
    read_pe(PLAIN[:at] + bytes([value]) + PLAIN[at + 1 :])


@settings(deadline=None)
@given(st.integers(0, len(PLAIN) - 1))
def test_a_file_that_ends_early_is_refused(length: int) -> None:
    assert read_pe(PLAIN[:length]) is None


@settings(deadline=None)
@given(st.binary(max_size=100))
def test_any_bytes_are_an_object_file_or_not(data: bytes) -> None:
    read_binary(b"\x64\x86" + data)
