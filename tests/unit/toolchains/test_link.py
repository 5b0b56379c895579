"""Linker arguments, link maps and the modules in a build's call log."""

from __future__ import annotations

from crosswheel.toolchains.command_line import read_command_line
from crosswheel.toolchains.link import archives_in_map, linked_modules, linker_args, map_file, replace_linker_args


def test_each_output_has_a_record_of_its_own() -> None:
    first, second = map_file("/m", "a/x.so", "/w"), map_file("/m", "x.so", "/w")
    assert first != second
    assert map_file("/m", "/w/a/x.so", "/elsewhere") == first
    assert first.startswith("/m/x.so.")


def test_archives_are_named_by_their_true_places() -> None:
    text = (
        "  VMA  LMA Size Align Out In Symbol\n"
        "  240  240    1     1 /p/lib/pkgconfig/../libz.a(inflate.o):(.text.inflate)\n"
        "  250  250    1     1 build/a.o:(.text)\n"
    )
    assert archives_in_map(text) == {"/p/lib/libz.a"}


ITEMS = read_command_line(tuple("-O2 -Wl,-a,-b x.o -Xlinker -c -Wl,-d".split())).items


def replaced(changes: dict[int, str | None]) -> list[str]:
    return [token for item in replace_linker_args(ITEMS, changes) for token in item.tokens()]


def test_linker_args_in_order() -> None:
    assert linker_args(ITEMS) == ("-a", "-b", "-c", "-d")


def test_no_linker_arg_changed() -> None:
    assert replace_linker_args(ITEMS, {}) == ITEMS


def test_one_linker_arg_of_several_removed() -> None:
    assert replaced({1: None}) == "-O2 -Wl,-a x.o -Xlinker -c -Wl,-d".split()


def test_all_linker_args_of_an_argument_removed() -> None:
    assert replaced({0: None, 1: None, 2: None}) == "-O2 x.o -Wl,-d".split()


def test_linker_args_replaced() -> None:
    assert replaced({1: "-B", 2: "-C"}) == "-O2 -Wl,-a,-B x.o -Xlinker -C -Wl,-d".split()


LOG = """\
# cc -c a.c -o build/a.o
cd /src && clang -c a.c -o build/a.o
# c++ -shared 'build/with blank.o' -o build/lib/pkg/_a.cpython-313-riscv64-linux-gnu.so
#   removed -L/usr/lib: a directory of the build machine
cd /src && clang -shared -o build/lib/pkg/_never_mind.so
# cc conftest.c -o conftest
# cc -shared -fPIC b.c -lm -o plain.so
# cc -c strange.so.c -o strange.so.o
# cc '-DX=a
# cc -print-file-name=libc.so
"""


def test_modules_are_known_by_what_was_linked() -> None:
    assert linked_modules(LOG) == {"_a", "plain"}


def test_nothing_is_known_of_an_empty_log() -> None:
    assert linked_modules("") == frozenset()
