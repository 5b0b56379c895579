"""Flags that zig's clang and lld refuse and that can be left out: the rules over ``flags.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from crosswheel.toolchains.build_machine_rules import RewrittenItems
from crosswheel.toolchains.command_line import Item
from crosswheel.toolchains.option_filters import (
    LinkerArgFilter,
    OptionFilter,
    drop_linker_args,
    drop_options,
    read_filter,
    toolchain_options,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class RefusedOptions:
    """What is left out for one architecture."""

    compiler: tuple[OptionFilter, ...]
    linker: LinkerArgFilter


@cache
def refused_options(architecture: str) -> RefusedOptions:
    """The table's rows for one architecture, by its name in platform tags."""
    text = files("crosswheel.toolchains.zig").joinpath("flags.toml").read_text("utf-8")
    table = tomllib.loads(text)
    linker = table["linker"]
    elsewhere = [row for row in table["processors"] if architecture not in row["architectures"]]
    others = [row for row in linker["processors"] if architecture not in row["architectures"]]
    return RefusedOptions(
        compiler=(
            toolchain_options(),
            read_filter(table["gcc"], "only gcc has it"),
            OptionFilter(frozenset(), _joined(elsewhere, "beginnings"), frozenset(), f"not for {architecture}"),
        ),
        linker=LinkerArgFilter(
            frozenset(linker["names"]) | frozenset(_joined(others, "names")),
            tuple(linker["beginnings"]),
            frozenset(linker["with_value"]),
            frozenset(_joined(others, "z_values")),
        ),
    )


def drop_refused(items: Iterable[Item], architecture: str) -> RewrittenItems:
    """Remove what clang and lld would refuse, with a note each; spell ``-flto=N`` as clang does."""
    table = refused_options(architecture)
    return drop_options(map(clang_spelling, items), table.compiler, table.linker)


def filter_linker_args(words: Sequence[str], architecture: str) -> tuple[dict[int, str | None], tuple[str, ...]]:
    """What becomes of words for the linker that lld would refuse: changes and notes."""
    return drop_linker_args(words, refused_options(architecture).linker)


def clang_spelling(item: Item) -> Item:
    """An option as clang spells it: it has no number of jobs for ``-flto``."""
    count = item.name.removeprefix("-flto=")
    return Item("-flto") if count != item.name and (count.isdigit() or count == "jobserver") else item


def _joined(rows: list[dict[str, Any]], key: str) -> tuple[str, ...]:
    return tuple(value for row in rows for value in row.get(key, ()))
