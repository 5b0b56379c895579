"""Options that zig's clang or lld rejects and that can be dropped: the rules over ``flags.toml``."""

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
class UnsupportedOptions:
    """The options to drop for one architecture."""

    compiler: tuple[OptionFilter, ...]
    linker: LinkerArgFilter


@cache
def unsupported_options(architecture: str) -> UnsupportedOptions:
    """Return the rows of ``flags.toml`` for one architecture, by its name in platform tags."""
    text = files("crosswheel.toolchains.zig").joinpath("flags.toml").read_text("utf-8")
    table = tomllib.loads(text)
    linker = table["linker"]
    compiler_rows = [row for row in table["processors"] if architecture not in row["architectures"]]
    linker_rows = [row for row in linker["processors"] if architecture not in row["architectures"]]
    return UnsupportedOptions(
        compiler=(
            toolchain_options(),
            read_filter(table["gcc"], "only gcc has it"),
            OptionFilter(frozenset(), _collect(compiler_rows, "beginnings"), frozenset(), f"not for {architecture}"),
        ),
        linker=LinkerArgFilter(
            frozenset(linker["names"]) | frozenset(_collect(linker_rows, "names")),
            tuple(linker["beginnings"]),
            frozenset(linker["with_value"]),
            frozenset(_collect(linker_rows, "z_values")),
        ),
    )


def drop_unsupported(items: Iterable[Item], architecture: str) -> RewrittenItems:
    """Drop the options that clang and lld reject, with a note each, and spell the others as clang does."""
    table = unsupported_options(architecture)
    return drop_options(map(clang_spelling, items), table.compiler, table.linker)


def filter_linker_args(args: Sequence[str], architecture: str) -> tuple[dict[int, str | None], tuple[str, ...]]:
    """Find the linker arguments that lld rejects.

    :returns: changes by index, None for an argument to drop; and a note for each.
    """
    return drop_linker_args(args, unsupported_options(architecture).linker)


def clang_spelling(item: Item) -> Item:
    """Return ``-flto=N`` as ``-flto``, since clang takes no number of jobs; any other option unchanged."""
    count = item.name.removeprefix("-flto=")
    return Item("-flto") if count != item.name and (count.isdigit() or count == "jobserver") else item


def _collect(rows: list[dict[str, Any]], key: str) -> tuple[str, ...]:
    return tuple(value for row in rows for value in row.get(key, ()))
