"""Parsing command lines and response files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crosswheel.toolchains.command_line import (
    CommandLine,
    Item,
    Mode,
    expand_response_files,
    read_command_line,
    read_linker_line,
)

if TYPE_CHECKING:
    from pathlib import Path


def read(text: str) -> CommandLine:
    return read_command_line(tuple(text.split()))


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("-c a.c", Mode.COMPILE),
        ("-S a.c -o -", Mode.COMPILE),
        ("-fsyntax-only a.c", Mode.COMPILE),
        ("-E a.c", Mode.PREPROCESS),
        ("-E -dM -", Mode.PREPROCESS),
        ("-M a.c", Mode.PREPROCESS),
        ("-MM a.c", Mode.PREPROCESS),
        ("-MMD -MF a.d -c a.c", Mode.COMPILE),
        ("-c -E a.c", Mode.PREPROCESS),
        ("a.c", Mode.LINK),
        ("-shared a.o -o a.so", Mode.LINK),
        ("-Wl,--version", Mode.LINK),
        ("-### -c a.c", Mode.COMPILE),
        ("", Mode.LINK),
        ("-v", Mode.QUERY),
        ("-v -c a.c", Mode.COMPILE),
        ("-v a.c", Mode.LINK),
        ("--version", Mode.QUERY),
        ("-dumpmachine", Mode.QUERY),
        ("-dumpversion", Mode.QUERY),
        ("-dumpfullversion", Mode.QUERY),
        ("-print-search-dirs", Mode.QUERY),
        ("--print-search-dirs", Mode.QUERY),
        ("-print-file-name=libc.so", Mode.QUERY),
        ("-qversion", Mode.QUERY),
        ("-V", Mode.QUERY),
    ],
)
def test_mode(text: str, mode: Mode) -> None:
    assert read(text).mode is mode


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("-I inc -Iinc", [Item("-I", "inc"), Item("-I", "inc", joined=True)]),
        ("-isystem x -isystemx", [Item("-isystem", "x"), Item("-isystem", "x", joined=True)]),
        ("-o out -oout", [Item("-o", "out"), Item("-o", "out", joined=True)]),
        ("-x c -xc++", [Item("-x", "c"), Item("-x", "c++", joined=True)]),
        ("-DA=1 -D B", [Item("-D", "A=1", joined=True), Item("-D", "B")]),
        ("-lm -l z", [Item("-l", "m", joined=True), Item("-l", "z")]),
        ("-Xlinker -rpath", [Item("-Xlinker", "-rpath")]),
        ("-Wl,-rpath,/x", [Item("-Wl,-rpath,/x")]),
        ("-", [Item("", "-")]),
        ("a.c", [Item("", "a.c")]),
        ("-include config.h", [Item("-include", "config.h")]),
        ("-MF a.d -MT a.o", [Item("-MF", "a.d"), Item("-MT", "a.o")]),
        ("--param ssp-buffer-size=4", [Item("--param", "ssp-buffer-size=4")]),
        ("-z now", [Item("-z", "now")]),
        ("-T script.ld", [Item("-T", "script.ld")]),
        ("-B dir -Bdir", [Item("-B", "dir"), Item("-B", "dir", joined=True)]),
        # Options that take a value for ld only.
        ("-h -m64 -rdynamic", [Item("-h"), Item("-m64"), Item("-rdynamic")]),
        ("-target x86_64-linux-gnu", [Item("-target", "x86_64-linux-gnu")]),
    ],
)
def test_items(text: str, items: list[Item]) -> None:
    line = read(text)
    assert list(line.items) == items
    assert [token for item in line.items for token in item.tokens()] == text.split()


def test_option_without_its_value_stays_as_it_is() -> None:
    line = read("-c a.c -o")
    assert line.items[-1] == Item("-o")
    assert line.items[-1].tokens() == ("-o",)
    assert line.output is None


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("-m elf_i386 -h libx.so.1", [Item("-m", "elf_i386"), Item("-h", "libx.so.1")]),
        ("-soname x -rpath /y", [Item("-soname", "x"), Item("-rpath", "/y")]),
        ("--version-script v.map", [Item("--version-script", "v.map")]),
        ("-Map out.map", [Item("-Map", "out.map")]),
        ("-lm -Ldir", [Item("-l", "m", joined=True), Item("-L", "dir", joined=True)]),
        ("-shared a.o", [Item("-shared"), Item("", "a.o")]),
    ],
)
def test_linker_items(text: str, items: list[Item]) -> None:
    line = read_linker_line(tuple(text.split()))
    assert list(line.items) == items
    assert line.mode is Mode.LINK


@pytest.mark.parametrize(
    ("text", "cxx"),
    [
        ("-c a.c", False),
        ("-c a.cc", True),
        ("-c a.cpp", True),
        ("-c a.C", True),
        ("-x c++ -c a.c", True),
        ("-xc++ -", True),
        ("-x c -c a.cc", False),
        ("-x c++ a.c -x none b.c", False),
        ("a.o -o b", False),
        ("a.o b.cxx -o b", True),
    ],
)
def test_is_cxx(text: str, *, cxx: bool) -> None:
    assert read(text).is_cxx is cxx


def test_inputs_and_sources() -> None:
    line = read("-c a.c b.o -I inc lib.a c.S - -o out.o")
    assert line.inputs == ("a.c", "b.o", "lib.a", "c.S", "-")
    assert line.sources == ("a.c", "c.S")
    assert line.output == "out.o"


def test_last_option_counts() -> None:
    assert read("-o a -o b x.c").output == "b"


class TestResponseFiles:
    def test_contents_take_the_argument_s_place(self, tmp_path: Path) -> None:
        (tmp_path / "args").write_text('-c "a file.c"\n-DX=\\"y\\" \'-DZ=1 2\'')
        assert expand_response_files(("-g", "@args", "-O2"), str(tmp_path)) == (
            "-g", "-c", "a file.c", '-DX="y"', "-DZ=1 2", "-O2",
        )  # fmt: skip

    def test_files_may_name_files(self, tmp_path: Path) -> None:
        (tmp_path / "one").write_text("-a @two")
        (tmp_path / "two").write_text("-b")
        assert expand_response_files(("@one",), str(tmp_path)) == ("-a", "-b")

    def test_files_of_the_linker(self, tmp_path: Path) -> None:
        (tmp_path / "symbols").write_text("-U _PyList_New\n-rpath /a,b\n")
        assert expand_response_files(("-Wl,-dead_strip,@symbols", "-Wl,@missing"), str(tmp_path)) == (
            "-Wl,-dead_strip", "-Wl,-U", "-Wl,_PyList_New", "-Wl,-rpath", "-Xlinker", "/a,b", "-Wl,@missing",
        )  # fmt: skip

    def test_absolute_path(self, tmp_path: Path) -> None:
        (tmp_path / "args").write_text("-x")
        assert expand_response_files((f"@{tmp_path}/args",), "/nowhere") == ("-x",)

    def test_missing_file_stays(self, tmp_path: Path) -> None:
        assert expand_response_files(("@missing", "@"), str(tmp_path)) == ("@missing", "@")

    def test_open_quote_stays(self, tmp_path: Path) -> None:
        (tmp_path / "args").write_text("-c 'a.c")
        assert expand_response_files(("@args",), str(tmp_path)) == ("@args",)

    def test_file_that_names_itself_ends(self, tmp_path: Path) -> None:
        (tmp_path / "args").write_text("-a @args")
        expanded = expand_response_files(("@args",), str(tmp_path))
        assert expanded[-1] == "@args"
        assert set(expanded) == {"-a", "@args"}

    def test_bytes_that_are_not_utf8_survive(self, tmp_path: Path) -> None:
        (tmp_path / "args").write_bytes(b"-c caf\xe9.c")
        assert expand_response_files(("@args",), str(tmp_path)) == ("-c", "caf\udce9.c")
