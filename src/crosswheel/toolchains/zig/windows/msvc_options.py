"""Translation of options for Microsoft's compiler and linker to clang's: the rules over ``msvc_options.toml``.

Projects that detect Windows use these options whatever the compiler.
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

# A path that begins like this, in a directory such as /Data, has another slash and does not match.
_DEFINITION = re.compile(r"/([DU])(\w+(?:=.*)?)")

# Paths in directories such as /work and /web, which begin like options; those that have paths have a colon before.
_PATH = re.compile(r"/[^/:]*/")


@dataclass(frozen=True, slots=True)
class _MsvcOptions:
    """The contents of ``msvc_options.toml``, where each table is explained."""

    translated: Mapping[str, tuple[str, ...]]
    ignored: OptionFilter
    linker_prefixes: tuple[str, ...]
    linker_ignored: OptionFilter


@cache
def _msvc_options() -> _MsvcOptions:
    rows = tomllib.loads(files("crosswheel.toolchains.zig.windows").joinpath("msvc_options.toml").read_text("utf-8"))
    compiler, linker = rows["compiler"], rows["linker"]
    reason = "only Microsoft's compiler has it"
    return _MsvcOptions(
        translated={name: tuple(args) for name, args in compiler["translated"].items()},
        ignored=read_filter(compiler["ignored"], reason),
        linker_prefixes=tuple(linker["passed"]["beginnings"]),
        linker_ignored=read_filter(linker["ignored"], reason),
    )


def translate_msvc_options(items: Iterable[Item]) -> RewrittenItems:
    """Translate Microsoft's options to clang's; those that lld-link supports are passed to the linker.

    Since they have no dash, they are input files to a parser of clang's command line.
    """
    kept: list[Item] = []
    notes: list[str] = []
    for item in items:
        option = item.value if item.is_input else None
        if option is None or not option.startswith("/") or (args := _translate(option)) is None:
            kept.append(item)
            continue
        kept += read_command_line(args).items
        notes.append(f"{option}: {' '.join(args)}" if args else f"removed {option}: {_msvc_options().ignored.reason}")
    return RewrittenItems(tuple(kept), tuple(notes))


def _translate(option: str) -> tuple[str, ...] | None:
    """Return clang's arguments for an option, None if it is not a known option."""
    table = _msvc_options()
    if option in table.translated:
        return table.translated[option]
    if match := _DEFINITION.fullmatch(option):
        return (f"-{match[1]}{match[2]}",)
    if _PATH.match(option):
        return None
    if option.upper().startswith(table.linker_prefixes):
        return (f"-Wl,-{option[1:]}",)
    return () if table.ignored.has(option) or table.linker_ignored.has(option.upper()) else None
