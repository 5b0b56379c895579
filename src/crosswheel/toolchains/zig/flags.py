"""Flags that zig's clang and lld refuse and that can be left out: the rules over ``flags.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from crosswheel.toolchains.arguments import Item
from crosswheel.toolchains.linker_words import changed_words, linker_words
from crosswheel.toolchains.rules import Rewritten

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Removable:
    """Options that are left out for one reason."""

    names: frozenset[str]
    beginnings: tuple[str, ...]
    understood: frozenset[str]
    reason: str

    def has(self, name: str) -> bool:
        """Whether an option is one of them."""
        return name in self.names or (name.startswith(self.beginnings) and name not in self.understood)


@dataclass(frozen=True, slots=True)
class Refused:
    """What is left out for one architecture.

    :param linker_next: options of the linker whose value is the next word.
    :param z_values: values of its ``-z`` option.
    """

    compiler: tuple[Removable, ...]
    linker: frozenset[str]
    linker_beginnings: tuple[str, ...]
    linker_next: frozenset[str]
    z_values: frozenset[str]


@cache
def refused(architecture: str) -> Refused:
    """The table's rows for one architecture, by its name in platform tags."""
    text = files("crosswheel.toolchains.zig").joinpath("flags.toml").read_text("utf-8")
    table = tomllib.loads(text)
    parts, linker = table["parts"], table["linker"]
    elsewhere = [row for row in table["processors"] if architecture not in row["architectures"]]
    others = [row for row in linker["processors"] if architecture not in row["architectures"]]
    return Refused(
        compiler=(
            _removable(parts, "crosswheel chooses the parts of the toolchain"),
            _removable(table["gcc"], "only gcc has it"),
            Removable(frozenset(), _joined(elsewhere, "beginnings"), frozenset(), f"not for {architecture}"),
        ),
        linker=frozenset(linker["names"]) | frozenset(_joined(others, "names")),
        linker_beginnings=tuple(linker["beginnings"]),
        linker_next=frozenset(linker["with_value"]),
        z_values=frozenset(_joined(others, "z_values")),
    )


def without_refused(items: Iterable[Item], architecture: str) -> Rewritten:
    """Remove what clang and lld would refuse, with a note each; spell ``-flto=N`` as clang does."""
    table = refused(architecture)
    kept: list[Item] = []
    notes: list[str] = []
    for item in items:
        reason = next((group.reason for group in table.compiler if group.has(item.name)), None)
        if reason is not None and item.name:
            notes.append(f"removed {' '.join(item.tokens())}: {reason}")
        else:
            kept.append(_spelled(item))
    changes, more = changed_linker_words(linker_words(kept), architecture)
    return Rewritten(changed_words(kept, changes) if changes else tuple(kept), (*notes, *more))


def changed_linker_words(words: Sequence[str], architecture: str) -> tuple[dict[int, str | None], tuple[str, ...]]:
    """What becomes of words for the linker that lld would refuse: changes and notes."""
    table = refused(architecture)
    changes: dict[int, str | None] = {}
    notes: list[str] = []
    for at, word in enumerate(words):
        if word in table.linker_next:
            gone = [at, at + 1]
        elif word in table.linker or word.startswith(table.linker_beginnings):
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


def _spelled(item: Item) -> Item:
    count = item.name.removeprefix("-flto=")
    return Item("-flto") if count != item.name and (count.isdigit() or count == "jobserver") else item


def _removable(row: dict[str, Any], reason: str) -> Removable:
    names = frozenset(row["names"]) | frozenset(row.get("with_value", ()))
    return Removable(names, tuple(row["beginnings"]), frozenset(row["understood"]), reason)


def _joined(rows: list[dict[str, Any]], key: str) -> tuple[str, ...]:
    return tuple(value for row in rows for value in row.get(key, ()))
