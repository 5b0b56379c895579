"""Words that a compiler passes to its linker."""

from __future__ import annotations

from crosswheel.toolchains.command_line import read_command_line
from crosswheel.toolchains.linker_args import linker_args, replace_linker_args

ITEMS = read_command_line(tuple("-O2 -Wl,-a,-b x.o -Xlinker -c -Wl,-d".split())).items


def tokens(changes: dict[int, str | None]) -> list[str]:
    return [token for item in replace_linker_args(ITEMS, changes) for token in item.tokens()]


def test_words_in_order() -> None:
    assert linker_args(ITEMS) == ("-a", "-b", "-c", "-d")


def test_nothing_changed() -> None:
    assert replace_linker_args(ITEMS, {}) == ITEMS


def test_one_of_several_removed() -> None:
    assert tokens({1: None}) == "-O2 -Wl,-a x.o -Xlinker -c -Wl,-d".split()


def test_all_of_an_argument_removed() -> None:
    assert tokens({0: None, 1: None, 2: None}) == "-O2 x.o -Wl,-d".split()


def test_replaced() -> None:
    assert tokens({1: "-B", 2: "-C"}) == "-O2 -Wl,-a,-B x.o -Xlinker -C -Wl,-d".split()
