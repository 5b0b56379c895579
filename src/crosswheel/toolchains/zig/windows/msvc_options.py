"""Options of Microsoft's compiler and linker in clang's words and lld's: the rules over ``msvc_options.toml``.

Projects give them where they know that they are built for Windows, whatever compiler that is done with.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from crosswheel.toolchains.build_machine_rules import RewrittenItems
from crosswheel.toolchains.command_line import Item, read_command_line
from crosswheel.toolchains.option_filters import OptionFilter, read_filter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# A directory of that name beside the root would be followed by more of a path.
_DEFINITION = re.compile(r"/([DU])(\w+(?:=.*)?)")


@dataclass(frozen=True, slots=True)
class _Table:
    same: Mapping[str, tuple[str, ...]]
    compiler: OptionFilter
    passed: tuple[str, ...]
    linker: OptionFilter


@cache
def _table() -> _Table:
    rows = tomllib.loads(files("crosswheel.toolchains.zig.windows").joinpath("msvc_options.toml").read_text("utf-8"))
    compiler, linker = rows["compiler"], rows["linker"]
    reason = "only Microsoft's compiler has it"
    return _Table(
        same={name: tuple(words) for name, words in compiler["same"].items()},
        compiler=read_filter(compiler["without"], reason),
        passed=tuple(linker["same"]["beginnings"]),
        linker=read_filter(linker["without"], reason),
    )


def translate_msvc_options(items: Iterable[Item]) -> RewrittenItems:
    """The items with Microsoft's options in clang's words; what lld-link knows is passed on to it.

    What looks like such an option is an input for clang, being no option with a dash.
    """
    kept: list[Item] = []
    notes: list[str] = []
    for item in items:
        word = item.value if item.is_input else None
        if word is None or not word.startswith("/") or (said := _said(word)) is None:
            kept.append(item)
            continue
        kept += read_command_line(said).items
        notes.append(f"{word}: {' '.join(said)}" if said else f"removed {word}: {_table().compiler.reason}")
    return RewrittenItems(tuple(kept), tuple(notes))


def _said(word: str) -> tuple[str, ...] | None:
    """An option in clang's words; None if it is none that is known."""
    table = _table()
    if word in table.same:
        return table.same[word]
    if found := _DEFINITION.fullmatch(word):
        return (f"-{found[1]}{found[2]}",)
    if word.upper().startswith(table.passed):
        return (f"-Wl,-{word[1:]}",)
    return () if table.compiler.has(word) or table.linker.has(word.upper()) else None
