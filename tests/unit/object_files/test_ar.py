"""Static archives."""

from __future__ import annotations

import struct

from fake_hosts import ar_archive
from hypothesis import given, settings
from hypothesis import strategies as st

from crosswheel.object_files.ar import MAGIC, archive_members, archive_symbols, is_archive


def test_the_format_of_system_v():
    long_names = b"a_name_of_many_letters.o/\nanother_name_of_many.o/\n"
    archive = ar_archive(
        {"/": b"\0\0\0\0", "//": long_names, "odd.o/": b"123", "/0": b"first", "/26": b"second", "/SYM64/": b"12345678"}
    )
    assert is_archive(archive)
    assert list(archive_members(archive)) == [
        ("odd.o", b"123"),
        ("a_name_of_many_letters.o", b"first"),
        ("another_name_of_many.o", b"second"),
    ]


def test_the_format_of_bsd():
    archive = ar_archive({"__.SYMDEF SORTED": b"1234", "#1/20": b"a_long_name_of_bsd.o" + b"content", "short.o": b"x"})
    assert list(archive_members(archive)) == [("a_long_name_of_bsd.o", b"content"), ("short.o", b"x")]


def test_the_table_of_symbols():
    names = b"inflate\0crc32\0"
    pairs = struct.pack("<4I", 0, 200, 8, 200)
    ranlib = struct.pack("<I", len(pairs)) + pairs + struct.pack("<I", len(names)) + names
    tables = {
        "/": struct.pack(">3I", 2, 200, 200) + names,
        "/SYM64/": struct.pack(">3Q", 2, 200, 200) + names,
        "__.SYMDEF SORTED": ranlib,
    }
    for name, table in tables.items():
        assert archive_symbols(ar_archive({name: table, "a.o/": b"1234"})) == {"inflate", "crc32"}
        assert archive_symbols(ar_archive({name: table[:2]})) == frozenset()
    assert archive_symbols(ar_archive({"a.o/": b"1234"})) == archive_symbols(MAGIC) == frozenset()


def test_an_empty_archive_and_none():
    assert list(archive_members(MAGIC)) == []
    assert not is_archive(b"\x7fELF")


def test_damage_ends_it():
    archive = ar_archive({"one.o/": b"1234", "two.o/": b"5678"})
    assert list(archive_members(archive[:-70])) == []
    assert list(archive_members(archive[:-10])) == [("one.o", b"1234")]
    assert list(archive_members(archive.replace(b"4         `", b"x         `", 1))) == []
    assert list(archive_members(archive + ar_archive({"#1/x": b"abcd"})[8:])) == [
        ("one.o", b"1234"),
        ("two.o", b"5678"),
    ]


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=5), st.integers(0, 200))
@settings(max_examples=200)
def test_mutated(changes, end):
    data = bytearray(ar_archive({"//": b"a_long_name.o/\n", "/0": b"123", "#1/4": b"name1234", "x.o/": b"5"}))
    for at, byte in changes:
        data[min(at, len(data) - 1)] = byte
    found = list(archive_members(bytes(data[:end])))
    assert len(found) <= 4


def test_names_are_not_longer_than_their_members_or_a_limit():
    """Otherwise the time to read many of them would be quadratic."""

    def member(name, content):
        return f"{name:<16}{'0':<12}{'0':<6}{'0':<6}{'644':<8}{len(content):<10}`\n".encode() + content

    beyond = MAGIC + member("#1/99", b"short") + member("a/", b"")
    assert list(archive_members(beyond)) == []
    unterminated = MAGIC + member("//", b"x" * 100_000) + member("/5", b"data")
    ((name, content),) = archive_members(unterminated)
    assert (len(name), content) == (1 << 16, b"data")
