"""Remove options from calls, by tables: those that crosswheel sets itself, and those that a tool does not have."""

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
    """Compiler options that are removed for one reason.

    :param names: whole options.
    :param beginnings: prefixes of options.
    :param understood: options that are kept although they match a prefix.
    :param reason: why they are removed, for the notes.
    """

    names: frozenset[str]
    prefixes: tuple[str, ...]
    exceptions: frozenset[str]
    reason: str

    def has(self, name: str) -> bool:
        """Return whether an option is removed."""
        return name in self.names or (name.startswith(self.prefixes) and name not in self.exceptions)


@dataclass(frozen=True, slots=True)
class LinkerArgFilter:
    """Linker arguments that are removed.

    :param names: whole arguments.
    :param beginnings: prefixes of arguments.
    :param with_value: options whose value is the next argument, which is removed too.
    :param z_values: values of the option ``-z``.
    """

    names: frozenset[str]
    prefixes: tuple[str, ...]
    with_value: frozenset[str]
    z_values: frozenset[str] = frozenset()


def read_filter(row: Mapping[str, Any], reason: str) -> OptionFilter:
    """Return the filter for a row of a table.

    :param row: ``names``, ``beginnings``, and optionally ``with_value`` and ``understood``, as in
        ``toolchain_options.toml``. Options with a value are names like others: the parser has joined both in one item.
    """
    names = frozenset(row["names"]) | frozenset(row.get("with_value", ()))
    return OptionFilter(names, tuple(row["beginnings"]), frozenset(row.get("understood", ())), reason)


@cache
def toolchain_options() -> OptionFilter:
    """Return the filter for options that select components of a toolchain."""
    table = tomllib.loads(files("crosswheel.toolchains").joinpath("toolchain_options.toml").read_text("utf-8"))
    return read_filter(table, "crosswheel chooses the parts of the toolchain")


def drop_options(items: Iterable[Item], filters: Sequence[OptionFilter], linker: LinkerArgFilter) -> RewrittenItems:
    """Remove the options of all filters from a compiler call, with a note for each."""
    kept: list[Item] = []
    notes: list[str] = []
    for item in items:
        reason = next((option_filter.reason for option_filter in filters if option_filter.has(item.name)), None)
        if reason is not None and item.name:
            notes.append(f"removed {' '.join(item.tokens())}: {reason}")
        else:
            kept.append(item)
    changes, linker_notes = drop_linker_args(linker_args(kept), linker)
    return RewrittenItems(replace_linker_args(kept, changes) if changes else tuple(kept), (*notes, *linker_notes))


def drop_linker_args(args: Sequence[str], table: LinkerArgFilter) -> tuple[dict[int, str | None], tuple[str, ...]]:
    """Remove linker arguments.

    :returns: None for the index of each removed argument, and notes.
    """
    changes: dict[int, str | None] = {}
    notes: list[str] = []
    for index, arg in enumerate(args):
        if arg in table.with_value:
            removed = [index, index + 1]
        elif arg in table.names or arg.startswith(table.prefixes):
            removed = [index]
        elif arg == "-z" and index + 1 < len(args) and args[index + 1] in table.z_values:
            removed = [index, index + 1]
        elif arg.startswith("-z") and arg[2:] in table.z_values:
            removed = [index]
        else:
            continue
        changes |= dict.fromkeys(removed)
        notes.append(f"removed {' '.join(args[index : removed[-1] + 1])}: the linker has no such option")
    return changes, tuple(notes)
