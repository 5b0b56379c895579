"""A call that compiles and links, taken apart for linkers that are given objects only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswheel.toolchains.build_machine_rules import tokens
from crosswheel.toolchains.command_line import CommandLine, Item

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class CompileThenLink:
    """A link of objects only.

    :param items: those of the call, with objects in the place of sources.
    :param commands: what compiles them; ``made`` are the objects, beside the output.
    """

    items: tuple[Item, ...]
    commands: tuple[tuple[str, ...], ...]
    made: tuple[str, ...]


def split_compile_and_link(
    line: CommandLine,
    output: str,
    compiling: tuple[tuple[str, ...], tuple[str, ...]],
    only_linking: Callable[[Item], bool],
) -> CompileThenLink:
    """The sources of a call compiled by themselves.

    :param compiling: what comes before and behind the call's own words in a command that compiles.
    :param only_linking: whether an option says nothing to a compilation.
    """
    sources = line.inputs if line.last("-x") not in {None, "none"} else (*line.sources, *_standard_input(line))
    place = "crosswheel" if output.startswith("/dev/") else output
    made = {source: f"{place}.{number}.o" for number, source in enumerate(dict.fromkeys(sources))}
    base, languages = compiling
    own = tokens(item for item in line.items if not (item.is_input or item.name == "-o" or only_linking(item)))
    return CompileThenLink(
        items=tuple(Item("", made.get(item.value or "", item.value)) if item.is_input else item for item in line.items),
        commands=tuple((*base, *own, "-c", source, "-o", file, *languages) for source, file in made.items()),
        made=tuple(made.values()),
    )


def _standard_input(line: CommandLine) -> tuple[str, ...]:
    return tuple(name for name in line.inputs if name == "-")
