"""Wheels for Windows, built here: correct ones pass the audit, and each Windows-specific error is reported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from breaking import Workbench
from pefile import PE
from proven import OF_PE

from crosswheel.cli.program import main
from crosswheel.errors import ExitStatus
from crosswheel.object_files.pe import Pe, read_pe
from crosswheel.wheels.archive import read_wheel
from crosswheel.wheels.audit import Expectations, audit_wheel

pytestmark = pytest.mark.network

SOURCES = Path(__file__).parent.parent / "packages"
AMD64, ARM64, X86 = "win-amd64", "win-arm64", "win32"
SUFFIX = "_plain.cp313-win_amd64.pyd"
STRICT = Expectations(strict=True)


def module_of(wheel: Path) -> Pe:
    found = [pe for data in read_wheel(wheel).files.values() if (pe := read_pe(data))]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(("target", "machine"), [(AMD64, "AMD64"), (ARM64, "ARM64"), (X86, "I386")])
def test_right_ones_pass(bench: Workbench, target: str, machine: str) -> None:
    wheel = bench.built(SOURCES / "plain", target)
    forbidden = Expectations(forbidden_paths=(str(bench.host.cache), str(Path.home())), strict=True)
    assert audit_wheel(wheel, forbidden).findings == ()
    module = module_of(wheel)
    assert (module.architecture, module.kind, module.exported_names) == (machine, "DLL", {"PyInit__plain"})
    assert "python313.dll" in module.needed
    assert module.debug_file == ""


def test_the_stable_abi_is_that_of_python3_dll(bench: Workbench) -> None:
    wheel = bench.built(SOURCES / "stable", AMD64)
    assert wheel.name.endswith("-cp310-abi3-win_amd64.whl")
    assert audit_wheel(wheel, STRICT).findings == ()
    assert "python3.dll" in module_of(wheel).needed
    assert [path for path in read_wheel(wheel).files if path.endswith(".pyd")] == ["stable.pyd"]


def swapped(bench: Workbench) -> Path:
    return bench.with_module(
        bench.built(SOURCES / "plain", AMD64), bench.module(bench.built(SOURCES / "plain", X86))[1]
    )


def named(suffix: str) -> Callable[[Workbench], Path]:
    def fault(bench: Workbench) -> Path:
        wheel = bench.built(SOURCES / "plain", AMD64)
        path, data = bench.module(wheel)
        assert path == SUFFIX

        def change(files: dict[str, bytes]) -> None:
            del files[path]
            files[f"_plain{suffix}"] = data

        return bench.changed(wheel, change)

    return fault


def replaced(old: bytes, new: bytes, package: str = "plain") -> Callable[[Workbench], Path]:
    def fault(bench: Workbench) -> Path:
        wheel = bench.built(SOURCES / package, AMD64)
        data = bench.module(wheel)[1]
        assert old in data
        return bench.with_module(wheel, data.replace(old, new.ljust(len(old), b"\0")))

    return fault


def edited(change: Callable[[PE], None]) -> Callable[[Workbench], Path]:
    """A change of the headers."""

    def fault(bench: Workbench) -> Path:
        wheel = bench.built(SOURCES / "plain", AMD64)
        pe = PE(data=bench.module(wheel)[1])
        change(pe)
        return bench.with_module(wheel, bytes(pe.write()))

    return fault


def a_program(pe: PE) -> None:
    pe.FILE_HEADER.Characteristics &= ~0x2000


def writable(pe: PE) -> None:
    pe.sections[0].Characteristics |= 0x80000000


def for_a_later_windows(pe: PE) -> None:
    pe.OPTIONAL_HEADER.MajorSubsystemVersion = 11


def library_elsewhere(bench: Workbench) -> Path:
    """A module whose library is in the wheel, but where Windows does not look for it."""
    wheel = replaced(b"KERNEL32.dll", b"own_help.dll")(bench)
    data = bench.module(wheel)[1]
    return bench.changed(wheel, lambda files: files.update({"elsewhere/own_help.dll": data}))


def with_the_time(pe: PE) -> None:
    """As linkers do unless they are told otherwise: a time, and no word that it is none."""
    pe.FILE_HEADER.TimeDateStamp = 1_700_000_000
    pe.DIRECTORY_ENTRY_DEBUG[0].struct.Type = 0


def with_a_debug_file(pe: PE) -> None:
    """The entry that says the file is reproducible becomes one that says where debug information is."""
    text = b"RSDS" + bytes(20) + b"/home/somebody/a.pdb\0"
    section = next(s for s in pe.sections if s.SizeOfRawData - s.Misc_VirtualSize > len(text))
    begin = section.Misc_VirtualSize
    entry = pe.DIRECTORY_ENTRY_DEBUG[0].struct
    entry.Type, entry.SizeOfData = 2, len(text)
    entry.AddressOfRawData, entry.PointerToRawData = section.VirtualAddress + begin, section.PointerToRawData + begin
    pe.set_bytes_at_offset(entry.PointerToRawData, text)


def by_number(pe: PE) -> None:
    """A symbol of Python taken by its number, which differs from one release to the next."""
    library = next(found for found in pe.DIRECTORY_ENTRY_IMPORT if found.dll == b"python313.dll")
    library.imports[0].struct_table.AddressOfData = 1 << 63 | 7


lying_abi3 = replaced(b"PyLong_FromLong\0", b"_PyLong_AsInt\0", "stable")
"""A module for the stable ABI that takes a symbol of one version."""


FAULTS: list[tuple[Callable[[Workbench], Path], str, str]] = [
    (swapped, "machine", "is for I386"),
    (named(".cp312-win_amd64.pyd"), "pyd-suffix", "is for cp312"),
    (named(".cp313-win32.pyd"), "pyd-suffix", "is named for win32"),
    (named(".cpython-313-x86_64-linux-gnu.so"), "pyd-suffix", "which Python on Windows does not import"),
    (named(".so"), "pyd-suffix", "ends in .so"),
    (replaced(b"python313.dll", b"python312.dll"), "python-dll", "needs python312.dll"),
    (
        replaced(b"PyModule_Create2", b"_PyModule_Create"),
        "python-symbols",
        "not exported by python313.dll: _PyModule_Create",
    ),
    (lying_abi3, "abi3", "uses _PyLong_AsInt"),
    (edited(by_number), "python-symbols", "not exported by python313.dll: #7"),
    (replaced(b"KERNEL32.dll", b"libgcc_s.dll"), "dlls", "needs libgcc_s.dll"),
    (edited(a_program), "dll", "is EXE"),
    (edited(for_a_later_windows), "subsystem", "is for version 11"),
    (library_elsewhere, "dll-directory", "own_help.dll"),
    (edited(writable), "hardening", "has a writable code section"),
    (edited(with_the_time), "time-stamp", "has the link time stamp 1700000000"),
    (edited(with_a_debug_file), "debug-file", "contains the debug file path /home/somebody/a.pdb"),
]


def test_every_check_of_such_files_is_proven_here() -> None:
    assert {check for _, check, _ in FAULTS} - {"machine", "hardening", "abi3"} == OF_PE


@pytest.mark.parametrize(("fault", "check", "said"), FAULTS)
def test_faults_are_found(bench: Workbench, fault: Callable[[Workbench], Path], check: str, said: str) -> None:
    wheel = fault(bench)
    found = audit_wheel(wheel, STRICT).errors
    assert check in {finding.check for finding in found}
    assert any(said in finding.what for finding in found), found
    assert main(["audit", "--strict", str(wheel)]) == ExitStatus.AUDIT
