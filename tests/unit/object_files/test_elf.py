"""What is read from ELF files, and that nothing in one is fatal."""

from __future__ import annotations

import io
import platform
import struct
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from elftools.elf.elffile import ELFFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crosswheel.host import machine
from crosswheel.object_files import is_binary, read_binary
from crosswheel.object_files.elf import Elf, read_elf, strings_containing
from crosswheel.targets import linux_architectures

LIMITS = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def arm_object(attributes: bytes | None) -> bytes:
    """An object file for ARM that has nothing but its build attributes."""
    names = b"\0.shstrtab\0.ARM.attributes\0"
    content = attributes or b""
    rows = [(0, 0, 0, 0), (1, 3, 52, len(names)), (11, 0x70000003, 52 + len(names), len(content))]
    rows = rows if attributes is not None else rows[:2]
    table = b"".join(struct.pack("<10I", name, kind, 0, 0, at, size, 0, 0, 1, 0) for name, kind, at, size in rows)
    begin = 52 + len(names) + len(content)
    header = struct.pack(
        "<16sHHIIIIIHHHHHH", b"\x7fELF\1\1\1", 1, 40, 1, 0, 0, begin, 0x05000000, 52, 0, 0, 40, len(rows), 1
    )
    return header + names + content + table


def attributes_of(*parts: bytes, vendor: bytes = b"aeabi\0", length: int | None = None) -> bytes:
    body = vendor + b"".join(parts)
    return struct.pack("<I", len(body) + 4 if length is None else length) + body


def whole_file(*pairs: int, length: int | None = None) -> bytes:
    return b"\x01" + struct.pack("<I", len(pairs) + 5 if length is None else length) + bytes(pairs)


def changed(data: bytes, section: str, change: Callable[[Any], None]) -> bytes:
    """The file with another header of a section."""
    elf = ELFFile(io.BytesIO(data))
    number = elf.get_section_index(section)
    header = elf.get_section(number).header
    change(header)
    at, size = elf.header.e_shoff + number * elf.header.e_shentsize, elf.header.e_shentsize
    return data[:at] + elf.structs.Elf_Shdr.build(header) + data[at + size :]


def overwritten(data: bytes, section: str, at: int, content: bytes) -> bytes:
    """The file with other bytes at a place of a section."""
    begin = ELFFile(io.BytesIO(data)).get_section_by_name(section).header.sh_offset + at
    return data[:begin] + content + data[begin + len(content) :]


def with_entry(data, tag, value):
    """Change the value of an entry of the dynamic segment; None if there is none with the tag."""
    elf = ELFFile(io.BytesIO(data))
    section = elf.get_section_by_name(".dynamic")
    index = next((number for number, each in enumerate(section.iter_tags()) if each.entry.d_tag == tag), None)
    if index is None:
        return None
    size = section["sh_entsize"]
    number = value.to_bytes(size // 2, "little" if elf.little_endian else "big")
    return overwritten(data, ".dynamic", index * size + size // 2, number)


def without_sections(data):
    """Remove the section table from a file's header."""
    elf = ELFFile(io.BytesIO(data))
    header = elf.header
    header.e_shoff = header.e_shnum = header.e_shstrndx = 0
    built = elf.structs.Elf_Ehdr.build(header)
    return built + data[len(built) :]


def test_an_extension_module(shared_object):
    found = read_elf(shared_object.read_bytes())
    assert found is not None
    here = linux_architectures()[machine.architecture()]
    assert (found.machine, found.bits, found.endian) == (here.elf_machine, here.bits, here.endian)
    assert (found.format, found.kind) == ("ELF", "ET_DYN")
    assert any(name.startswith("libc.") for name in found.needed)
    assert "PyInit__core" in found.exported_names
    assert {"PyObject_GetAttr", "PyErr_SetString"} <= {symbol.name for symbol in found.undefined}
    assert not found.exported_names & {symbol.name for symbol in found.undefined}
    assert not found.executable_stack
    assert not found.text_relocations


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="musl has no versions of symbols")
def test_versions_of_symbols(shared_object):
    found = read_elf(shared_object.read_bytes())
    assert found is not None
    asked = {(need.library, need.version) for need in found.versions}
    assert any(library.startswith("libc.so") and version.startswith("GLIBC_2.") for library, version in asked)
    versions = {symbol.name: symbol.version for symbol in found.undefined}
    assert versions["memcpy"] in {version for _, version in asked}
    assert versions["PyObject_GetAttr"] is None


@pytest.mark.parametrize("data", [b"", b"\x7fELF", b"\x7fELF" + b"\xff" * 100, b"#!/bin/sh\n"])
def test_what_is_none(data):
    assert read_elf(data) is None
    assert read_binary(data) is None
    assert is_binary(data) == data.startswith(b"\x7fELF")


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (None, None),
        (b"A" + attributes_of(whole_file(6, 10, 28, 1)), True),
        (b"A" + attributes_of(whole_file(28, 0)), False),
        (b"A" + attributes_of(whole_file(6, 10)), False),
        (b"A", False),
        # pyelftools would look for what follows these for ever.
        (b"A" + attributes_of(whole_file(6, 10), length=0), False),
        (b"A" + attributes_of(whole_file(6, 10), whole_file(6, 10, 6, 10)), False),
        (b"A" + attributes_of(whole_file(6, 10)) + attributes_of(whole_file(6, 10), vendor=b"other\0"), False),
    ],
)
def test_floats_of_arm(attributes, expected):
    found = read_elf(arm_object(attributes))
    assert found is not None
    assert (found.machine, found.kind) == ("EM_ARM", "ET_REL")
    assert found.hard_float is expected


@pytest.mark.parametrize("attributes", [b"A" + attributes_of(whole_file(6, 10, length=99)), b"B"])
def test_attributes_that_are_cut_off_declare_nothing(attributes):
    found = read_elf(arm_object(attributes))
    assert found is not None
    assert found.hard_float is False


def test_floats_are_asked_of_arm_only(small_object):
    found = read_elf(small_object)
    assert found is not None
    assert found.hard_float is None or found.machine == "EM_ARM"


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="musl has no versions of symbols")
def test_versions_in_a_circle_are_damage(small_object):
    assert read_elf(small_object) is not None
    circle = with_entry(small_object, "DT_VERNEEDNUM", 2**32 - 1)
    # The first library says that the next one is where it is itself.
    assert read_elf(overwritten(circle, ".gnu.version_r", 12, bytes(4))) is None


@pytest.mark.parametrize("section", [".dynsym", ".dynstr", ".dynamic", ".gnu.version", ".gnu.version_r", ".gnu.hash"])
@pytest.mark.parametrize("field", ["sh_offset", "sh_size", "sh_entsize", "sh_info", "sh_link"])
@pytest.mark.parametrize("value", [0, 1, 3, 2**31, 2**32 - 1])
def test_the_section_table_does_not_matter_to_what_is_loaded(small_object, section, field, value):
    if ELFFile(io.BytesIO(small_object)).get_section_by_name(section) is None:
        pytest.skip(f"there is no {section}")
    found = read_elf(changed(small_object, section, lambda header: header.update({field: value})))
    whole = read_elf(small_object)
    assert found is not None
    assert whole is not None
    assert found == replace(whole, defined=found.defined, hard_float=found.hard_float)


def test_a_file_without_sections_is_read(small_object):
    found, whole = read_elf(without_sections(small_object)), read_elf(small_object)
    assert found is not None
    assert whole is not None
    assert found.needed == whole.needed
    assert found.exported == whole.exported
    assert found.versions == whole.versions


@pytest.mark.parametrize("tag", ["DT_SYMTAB", "DT_STRTAB", "DT_GNU_HASH", "DT_VERSYM", "DT_VERNEED", "DT_STRSZ"])
@pytest.mark.parametrize("value", [2**31, 2**32 - 1])
def test_addresses_outside_of_the_file_are_damage(small_object, tag, value):
    damaged = with_entry(small_object, tag, value)
    if damaged is None:
        pytest.skip(f"there is no {tag}")
    found = read_elf(damaged)
    assert found is None or tag == "DT_STRSZ"


@pytest.mark.parametrize(
    ("text", "contained"),
    [
        ("/build/source/x", True), ("-I/build/source", True), ("-isystem/build/source", True),
        ("A=/build/source", True),
        ("file:///build/source", True), ("'/build/source'", True), ("p-1/build/source and /build/source", True),
        ("project-1.0/build/source", False), ("../build/source", False), ("I/build/source", False),
    ],
)  # fmt: skip
def test_the_end_of_a_longer_path_is_none(text: str, contained: bool) -> None:
    assert bool(strings_containing(text.encode(), ["/build/source"], whole=True)) is contained
    assert strings_containing(text.encode(), ["/build/source"])


@given(part=st.floats(0, 1, exclude_max=True))
@LIMITS
def test_truncated(small_object, part):
    found = read_elf(small_object[: int(len(small_object) * part)])
    assert found is None or found.is_truncated or found == replace(read_elf(small_object), defined=found.defined)


@given(changes=st.lists(st.tuples(st.booleans(), st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=4))
@LIMITS
def test_mutated(small_object, changes):
    data = bytearray(small_object)
    for end, at, byte in changes:
        data[-1 - at if end else at] = byte
    found = read_elf(bytes(data))
    assert found is None or isinstance(found, Elf)


def test_strings_with_a_path_are_found_once():
    data = b"\0/usr/include/a.h\0x=/usr/include/b.h\0/usr/include/a.h\0/opt/usr\0\xff/home.\0"
    assert strings_containing(data, ["/usr/include"]) == ("/usr/include/a.h", "x=/usr/include/b.h")
    assert strings_containing(data, ["/home/"]) == ()


def test_a_file_that_is_one_long_string_is_searched_quickly():
    data = b"x" * (4 << 20)
    assert strings_containing(data, ["/usr/include"]) == ()
    (found,) = strings_containing(data + b"/usr/include" + data, ["/usr/include"])
    assert found == "x" * 1024 + "/usr/include" + "x" * 1024
