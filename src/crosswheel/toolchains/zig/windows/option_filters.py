"""What is left out of a compiler's call for Windows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crosswheel.toolchains.build_machine_rules import RewrittenItems, drop_build_machine_paths, drop_native_processor
from crosswheel.toolchains.option_filters import LinkerArgFilter, drop_options
from crosswheel.toolchains.zig.option_filters import clang_spelling, refused_options
from crosswheel.toolchains.zig.windows.gnu_to_lld_link import link_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crosswheel.toolchains.command_line import Item
    from crosswheel.toolchains.model import CallSettings

_NO_WORDS = LinkerArgFilter(frozenset(), (), frozenset())


def filter_options(items: Iterable[Item], settings: CallSettings, directory: str, cpu: str) -> RewrittenItems:
    """The items without what means something on the build machine only, or nothing to this toolchain.

    :param cpu: its name in the table of flags that some processors lack.
    """
    first = drop_build_machine_paths(items, settings, directory)
    second = drop_native_processor(map(clang_spelling, first.items))
    third = drop_options(second.items, refused_options(cpu).compiler, _NO_WORDS)
    return replace(third, notes=(*first.notes, *second.notes, *third.notes), refusal=first.refusal)


def is_link_only(item: Item) -> bool:
    """Whether an option says nothing to a compilation."""
    return item.name in link_table().linking or item.name.startswith("-Wl,")
