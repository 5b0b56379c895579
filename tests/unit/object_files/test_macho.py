"""What is read from a Mach-O file, and that nothing in one is fatal."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from macho_files import ARM64, DYLIB, FLAT, OBJECT, PAGE, SYSTEM, X86_64, macho, universal

from crosswheel.object_files import is_binary, read_binary
from crosswheel.object_files.macho import (
    MachO,
    MachOImport,
    Universal,
    join_universal,
    read_macho,
    read_universal,
    split_universal,
)

PLAIN = macho()
WHOLE = universal((X86_64, macho(cputype=X86_64, signed=False)), (ARM64, PLAIN))


def read(data: bytes) -> MachO:
    found = read_macho(data)
    assert found is not None
    return found


def test_facts() -> None:
    data = macho(kind=DYLIB, install_name="@rpath/a.so", run_paths=("@loader_path/lib",), minimum=(10, 13),
                 cputype=X86_64, signed=False)  # fmt: skip
    found = read(data)
    assert (found.architecture, found.kind, found.minimum) == ("X86_64", "MH_DYLIB", (10, 13))
    assert (found.install_name, found.run_paths, found.needed) == ("@rpath/a.so", ("@loader_path/lib",), (SYSTEM,))
    assert found.for_macos
    assert found.signature is None


@pytest.mark.parametrize("chained", [False, True])
def test_imports_name_the_library_that_the_loader_looks_in(chained: bool) -> None:
    given_imports = {"PyLong_FromLong": FLAT, "strlen": 1, "main_program": -1, "_ZdlPv": -3}
    assert read(macho(imports=given_imports, chained=chained)).imports == (
        MachOImport("PyLong_FromLong", "flat"),
        MachOImport("strlen", SYSTEM),
        MachOImport("main_program", "main"),
        MachOImport("_ZdlPv", "weak"),
    )


def test_exports_are_what_c_calls_them() -> None:
    found = read(macho(exports=("PyInit_a", "other")))
    assert found.exported_names == {"PyInit_a", "other"}
    assert found.defined == {"PyInit_a", "other"}


def test_symbols_of_an_object_file_are_looked_up_anywhere() -> None:
    assert {found.library for found in read(macho(kind=OBJECT, imports={"x": FLAT})).imports} == {"flat"}


def test_a_signature_is_compared_page_by_page() -> None:
    data = macho(imports={f"Py_{number}": FLAT for number in range(400)})
    signed = read(data).signature
    assert signed is not None
    assert signed.adhoc
    assert signed.pages > 2
    assert (signed.wrong, signed.damaged) == ((), "")
    at = data.index(b"Py_399")
    changed = read(data[:at] + b"Q" + data[at + 1 :]).signature
    assert changed is not None
    assert changed.wrong == (at // PAGE,)


def test_another_of_apples_systems() -> None:
    assert not read(macho(platform=2)).for_macos


def test_universal_files_hold_several() -> None:
    found = read_binary(WHOLE)
    assert isinstance(found, Universal)
    assert [part.architecture for part in found.slices] == ["X86_64", "ARM64"]
    assert found.exported_names == {"PyInit_a"}
    assert found.needed == (SYSTEM,)


def test_each_file_in_one_begins_at_a_page_of_its_processor() -> None:
    intel, arm = macho(cputype=X86_64), macho()
    joined = join_universal((intel, arm))
    assert [int.from_bytes(joined[at + 8 : at + 12], "big") % size for at, size in ((8, 1 << 12), (28, 1 << 14))] == [
        0,
        0,
    ]
    assert split_universal(joined) == {X86_64: intel, ARM64: arm}
    found = read_universal(joined)
    assert found is not None
    assert all(part.signature and not part.signature.wrong for part in found.slices)


def test_a_class_of_javas_is_none() -> None:
    assert not is_binary(b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(100))


def test_an_ordinal_beyond_the_libraries_is_damage() -> None:
    assert read_macho(macho(imports={"strlen": 7})) is None


@given(st.binary(max_size=200))
def test_any_bytes_after_the_magic_are_read_or_refused(data: bytes) -> None:
    read_macho(PLAIN[:4] + data)
    read_universal(WHOLE[:4] + data)


@settings(max_examples=400)
@given(st.integers(0, len(PLAIN) - 1), st.integers(0, 255), st.booleans())
def test_a_changed_byte_is_read_or_refused(at: int, value: int, chained: bool) -> None:
    data = macho(chained=True) if chained else PLAIN
    at = min(at, len(data) - 1)
    read_macho(data[:at] + bytes([value]) + data[at + 1 :])


@given(st.integers(0, len(PLAIN)))
def test_a_file_that_ends_early_is_read_or_refused(length: int) -> None:
    read_macho(PLAIN[:length])
    read_universal(WHOLE[: length * 4])


@settings(max_examples=200)
@given(st.binary(min_size=32, max_size=300))
def test_any_program_of_bindings_ends(program: bytes) -> None:
    found = macho(imports={"x" * 300: 1})
    at = found.index(b"\x40_xxx")
    read_macho(found[:at] + program + found[at + len(program) :])
