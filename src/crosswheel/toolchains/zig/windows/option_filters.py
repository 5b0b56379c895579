"""What is left out of a compiler's call for Windows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crosswheel.toolchains.build_machine_rules import Rewritten, without_build_machine, without_native_processor
from crosswheel.toolchains.option_filters import RemovableWords, without
from crosswheel.toolchains.zig.option_filters import refused, spelled
from crosswheel.toolchains.zig.windows.gnu_to_lld_link import table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crosswheel.toolchains.command_line import Item
    from crosswheel.toolchains.model import CallSettings

_NO_WORDS = RemovableWords(frozenset(), (), frozenset())


def cleaned(items: Iterable[Item], settings: CallSettings, directory: str, cpu: str) -> Rewritten:
    """The items without what means something on the build machine only, or nothing to this toolchain.

    :param cpu: its name in the table of flags that some processors lack.
    """
    first = without_build_machine(items, settings, directory)
    second = without_native_processor(map(spelled, first.items))
    third = without(second.items, refused(cpu).compiler, _NO_WORDS)
    return replace(third, notes=(*first.notes, *second.notes, *third.notes), refusal=first.refusal)


def only_linking(item: Item) -> bool:
    """Whether an option says nothing to a compilation."""
    return item.name in table().linking or item.name.startswith("-Wl,")
