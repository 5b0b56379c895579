"""What ``nm`` and ``readelf`` print of real files, and how they take damaged ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_hosts import ar_archive
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crosswheel.object_files.nm_readelf import UnknownOptionError, list_symbols, read_nm_options, run


def said(*arguments: str | Path) -> tuple[int, list[str], list[str]]:
    lines: list[str] = []
    complaints: list[str] = []
    return run([str(word) for word in arguments], lines.append, complaints.append), lines, complaints


def test_dynamic_symbols(shared_object):
    status, lines, complaints = said("nm", "-D", shared_object)
    assert (status, complaints) == (0, [])
    digits = len(next(line for line in lines if line.endswith(" T PyInit__core")).split()[0])
    assert f"{' ' * digits} U PyObject_GetAttr" in lines
    assert [line.split()[-1] for line in lines] == sorted(line.split()[-1] for line in lines)


@pytest.mark.parametrize(
    ("options", "there", "absent"),
    [
        (("-D", "-u"), "PyObject_GetAttr", "PyInit__core"),
        (("-D", "--defined-only"), "PyInit__core", "PyObject_GetAttr"),
    ],
)
def test_what_is_listed(shared_object, options, there, absent):
    _, lines, _ = said("nm", "-j", *options, shared_object)
    assert there in lines
    assert absent not in lines


def test_the_portable_format_has_values_and_sizes(shared_object):
    _, lines, _ = said("nm", "-PD", shared_object)
    name, letter, value, size = next(line for line in lines if line.startswith("PyInit__core ")).split()
    symbols, _ = list_symbols(shared_object.read_bytes(), dynamic=True)
    symbol = next(symbol for symbol in symbols if symbol.name == name)
    assert (letter, int(value, 16), int(size, 16)) == ("T", symbol.value, symbol.size)
    assert symbol.size > 0
    assert symbol.external
    assert not symbol.undefined


def test_values_are_sorted_when_asked(shared_object):
    _, lines, _ = said("nm", "-nD", "--defined-only", shared_object)
    values = [int(line.split()[0], 16) for line in lines]
    assert values == sorted(values)
    _, backwards, _ = said("nm", "-nrD", "--defined-only", shared_object)
    assert backwards == lines[::-1]


def test_members_of_an_archive_are_named(tmp_path, shared_object):
    archive = tmp_path / "libx.a"
    archive.write_bytes(ar_archive({"x.o/": shared_object.read_bytes()}))
    _, lines, _ = said("nm", "-D", archive)
    assert lines[:2] == ["", "x.o:"]
    _, lines, _ = said("nm", "-ADj", archive)
    assert f"{archive}:x.o:PyInit__core" in lines


def test_readelf(shared_object):
    status, lines, _ = said("readelf", "-hdW", shared_object)
    header = {line.split(":")[0].strip(): line.split(":")[1].strip() for line in lines if ":" in line}
    assert status == 0
    assert header["Class"] in {"ELF64", "ELF32"}
    assert header["Type"] == "DYN"
    assert any("(NEEDED)" in line and "Shared library: [libc." in line for line in lines)
    _, lines, _ = said("readelf", "--dyn-syms", shared_object)
    assert lines[1].startswith("Symbol table '.dynsym' contains ")
    assert any(" UND PyObject_GetAttr" in line for line in lines)
    assert any(" FUNC    GLOBAL DEFAULT " in line and line.endswith(" PyInit__core") for line in lines)


@pytest.mark.parametrize(
    ("words", "letters", "files"),
    [
        (["-gU", "a.o", "b.o"], "gU", ("a.o", "b.o")),
        (["--dynamic", "--format=posix"], "DP", ("a.out",)),
        (["-f", "posix", "-t", "x", "a.o"], "P", ("a.o",)),
        (["--plugin", "liblto.so", "-C", "-"], "C", ("-",)),
    ],
)
def test_options_of_nm(words, letters, files):
    found = read_nm_options(words)
    assert (found.letters, found.files) == (set(letters), files)


@pytest.mark.parametrize("word", ["--size-sort", "-Z", "--format=sysv"])
def test_options_that_are_not_known(word):
    with pytest.raises(UnknownOptionError, match=word):
        read_nm_options([word])
    assert said("nm", word) == (2, [], [f"crosswheel nm: invalid option {word}"])


@pytest.mark.parametrize(
    ("arguments", "status", "complaint"),
    [
        (("readelf", "--notes", "{file}"), 2, "crosswheel readelf: invalid option --notes"),
        (("objdump", "{file}"), 2, "crosswheel: unknown tool 'objdump'; supported: nm, readelf"),
        ((), 2, "crosswheel: unknown tool ''; supported: nm, readelf"),
        (("nm", "{file}"), 1, "crosswheel: {file}: file format not recognized"),
        (("readelf", "-h", "{file}"), 1, "crosswheel: {file}: file format not recognized"),
        (("nm", "{file}.o"), 1, "crosswheel: '{file}.o': No such file or directory"),
    ],
)
def test_complaints(tmp_path, arguments, status, complaint):
    file = tmp_path / "text"
    file.write_text("no object", "utf-8")
    found = said(*(word.format(file=file) for word in arguments))
    assert found == (status, [], [complaint.format(file=file)])


def test_the_version_is_gnu_like():
    assert said("nm", "--version") == (0, ["GNU nm compatible (crosswheel)"], [])


@given(
    changes=st.lists(st.tuples(st.booleans(), st.integers(4, 2000), st.integers(0, 255)), min_size=1, max_size=4),
    part=st.floats(0.5, 1.5),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_is_told(tmp_path, small_object, changes, part):
    data = bytearray(small_object)
    for end, at, byte in changes:
        data[-1 - at if end else at] = byte
    file = tmp_path / "damaged.so"
    file.write_bytes(data[: int(len(data) * part)])
    for arguments in (("nm", "-D"), ("nm",), ("readelf", "-hds")):
        status, lines, complaints = said(*arguments, file)
        assert (status, complaints) in [(0, []), (1, [f"crosswheel: {file}: file format not recognized"])]
        assert status == 0 or not lines
