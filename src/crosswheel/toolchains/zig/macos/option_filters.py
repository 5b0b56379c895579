"""The options of Mac builders: the rules over ``flags.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from crosswheel.toolchains.build_machine_rules import RewrittenItems, drop_build_machine_paths, drop_native_processor
from crosswheel.toolchains.command_line import Item
from crosswheel.toolchains.link import linker_args, replace_linker_args
from crosswheel.toolchains.option_filters import LinkerArgFilter, OptionFilter, drop_options, read_filter
from crosswheel.toolchains.zig.option_filters import clang_spelling, refused_options

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crosswheel.toolchains.model import CallSettings

_FRAMEWORKS = {"-framework": "-framework", "-weak_framework": "-weak_framework", "-needed_framework": "-framework"}
"""How a link asks for one, and how zig's linker is asked for it."""


@dataclass(frozen=True, slots=True)
class _Table:
    compiler: OptionFilter
    linking: frozenset[str]
    passed: frozenset[str]
    words: LinkerArgFilter
    foreign: OptionFilter


@cache
def _table() -> _Table:
    rows = tomllib.loads(files("crosswheel.toolchains.zig.macos").joinpath("flags.toml").read_text("utf-8"))
    words, linking = rows["words"], rows["linking"]
    return _Table(
        read_filter(rows["compiler"], "the target decides that, or zig's linker cannot"),
        frozenset(linking["names"]) | frozenset(linking["with_value"]),
        frozenset(linking["passed"]),
        LinkerArgFilter(frozenset(words["names"]), tuple(words["beginnings"]), frozenset(words["with_value"])),
        read_filter(rows["foreign"], "Apple's linker has no such option"),
    )


def filter_options(
    items: Iterable[Item], settings: CallSettings, directory: str, architecture: str, cpu: str
) -> RewrittenItems:
    """The items without what means something on the build machine only, or nothing to this toolchain.

    :param architecture: of the target; asking for just that one is worth no note.
    :param cpu: its name in the table of flags that some processors lack.
    """
    items = [item for item in items if not (item.name == "-arch" and item.value == architecture)]
    first = drop_build_machine_paths(items, settings, directory)
    second = drop_native_processor(map(clang_spelling, first.items))
    third = drop_options(second.items, (_table().compiler, *refused_options(cpu).compiler), _table().words)
    return replace(third, notes=(*first.notes, *second.notes, *third.notes), refusal=first.refusal)


def is_link_only(item: Item) -> bool:
    """Whether an option says nothing to a compilation."""
    return item.name in _table().linking


def is_passed_to_linker(item: Item) -> bool:
    """Whether an option is one that zig's linker is given."""
    return item.name in _table().passed or item.name.startswith("-Wl,") or item.name == "-Xlinker"


def split_frameworks(items: Iterable[Item]) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """The items without the frameworks they ask for, and these, as options of a compiler."""
    items = tuple(items)
    kept = [item for item in items if item.name not in _FRAMEWORKS]
    asked = [item for item in items if item.name in _FRAMEWORKS]
    words, changes = linker_args(kept), dict[int, str | None]()
    for at, word in enumerate(words[:-1]):
        if word in _FRAMEWORKS:
            asked.append(Item(word, words[at + 1]))
            changes |= {at: None, at + 1: None}
    found = (Item(_FRAMEWORKS[item.name], item.value) for item in asked if item.value)
    return replace_linker_args(kept, changes) if changes else tuple(kept), tuple(dict.fromkeys(found))


def foreign_linker_arg(words: tuple[str, ...]) -> str | None:
    """The first word that Apple's linker does not know."""
    return next((word for word in words if _table().foreign.has(word)), None)
