"""Options that are left out of calls, by tables: those of crosswheel's own choice, and those a compiler lacks."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from crosswheel.toolchains.build_machine_rules import RewrittenItems
from crosswheel.toolchains.link import linker_args, replace_linker_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crosswheel.toolchains.command_line import Item


@dataclass(frozen=True, slots=True)
class OptionFilter:
    """Options of a compiler that are left out for one reason.

    :param understood: those that a beginning would match and that stay.
    """

    names: frozenset[str]
    beginnings: tuple[str, ...]
    understood: frozenset[str]
    reason: str

    def has(self, name: str) -> bool:
        """Whether an option is one of them."""
        return name in self.names or (name.startswith(self.beginnings) and name not in self.understood)


@dataclass(frozen=True, slots=True)
class LinkerArgFilter:
    """Words that are left out of those for the linker.

    :param with_value: those whose value is the next word.
    :param z_values: values of the option ``-z``.
    """

    names: frozenset[str]
    beginnings: tuple[str, ...]
    with_value: frozenset[str]
    z_values: frozenset[str] = frozenset()


def read_filter(row: Mapping[str, Any], reason: str) -> OptionFilter:
    """A table's row; options with their value in the next argument are names like others here."""
    names = frozenset(row["names"]) | frozenset(row.get("with_value", ()))
    return OptionFilter(names, tuple(row["beginnings"]), frozenset(row.get("understood", ())), reason)


@cache
def toolchain_options() -> OptionFilter:
    """The options that choose between parts of a toolchain."""
    table = tomllib.loads(files("crosswheel.toolchains").joinpath("toolchain_options.toml").read_text("utf-8"))
    return read_filter(table, "crosswheel chooses the parts of the toolchain")


def drop_options(items: Iterable[Item], groups: Sequence[OptionFilter], words: LinkerArgFilter) -> RewrittenItems:
    """The items of a compiler's call without the options of any group, with a note for each."""
    kept: list[Item] = []
    notes: list[str] = []
    for item in items:
        reason = next((group.reason for group in groups if group.has(item.name)), None)
        if reason is not None and item.name:
            notes.append(f"removed {' '.join(item.tokens())}: {reason}")
        else:
            kept.append(item)
    changes, more = drop_linker_args(linker_args(kept), words)
    return RewrittenItems(replace_linker_args(kept, changes) if changes else tuple(kept), (*notes, *more))


def drop_linker_args(words: Sequence[str], table: LinkerArgFilter) -> tuple[dict[int, str | None], tuple[str, ...]]:
    """What becomes of words for the linker: changes and notes."""
    changes: dict[int, str | None] = {}
    notes: list[str] = []
    for at, word in enumerate(words):
        if word in table.with_value:
            gone = [at, at + 1]
        elif word in table.names or word.startswith(table.beginnings):
            gone = [at]
        elif word == "-z" and at + 1 < len(words) and words[at + 1] in table.z_values:
            gone = [at, at + 1]
        elif word.startswith("-z") and word[2:] in table.z_values:
            gone = [at]
        else:
            continue
        changes |= dict.fromkeys(gone)
        notes.append(f"removed {' '.join(words[at : gone[-1] + 1])}: the linker has no such option")
    return changes, tuple(notes)
