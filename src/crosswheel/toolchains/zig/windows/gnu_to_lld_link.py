"""Words for GNU's linker as lld-link takes them: the rules over ``flags.toml``."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from crosswheel.toolchains.option_filters import LinkerArgFilter, drop_linker_args

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MICROSOFTS = re.compile(r"-[A-Za-z]+:.")
"""How lld-link's own options look, of which none is GNU's."""
_LIBRARY = "-defaultlib:"
_WHOLE = {"--whole-archive": True, "--no-whole-archive": False}


@dataclass(frozen=True, slots=True)
class TranslatedLink:
    """What the words of a link become.

    :param words: lld-link's.
    :param refusal: the first word it has nothing for, if any.
    """

    words: tuple[str, ...]
    notes: tuple[str, ...] = ()
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class LinkTable:
    """The contents of ``flags.toml``, where each part is explained."""

    linking: frozenset[str]
    implied: frozenset[str]
    same: Mapping[str, str]
    idle: LinkerArgFilter
    removed: LinkerArgFilter


@cache
def link_table() -> LinkTable:
    """The table, read once."""
    rows = tomllib.loads(files("crosswheel.toolchains.zig.windows").joinpath("flags.toml").read_text("utf-8"))
    linking, words = rows["linking"], rows["words"]
    return LinkTable(
        linking=frozenset(linking["names"]) | frozenset(linking["with_value"]),
        implied=frozenset(rows["implied"]["names"]),
        same=words["same"],
        idle=_words(words["idle"]),
        removed=_words(words["removed"]),
    )


def translate(words: Sequence[str]) -> TranslatedLink:
    """The words of a build in lld-link's; files among them stay what they are."""
    changes, notes = drop_linker_args(words, link_table().removed)
    idle, _ = drop_linker_args(words, link_table().idle)
    kept = [word for at, word in enumerate(words) if at not in changes and at not in idle]
    found: list[str] = []
    rest = iter(kept)
    whole = False
    for word in rest:
        if word in _WHOLE:
            whole = _WHOLE[word]
        elif not word.startswith("-"):
            found.append(input_arg(word, whole=whole))
        elif _MICROSOFTS.match(word):
            found.append(word)
        elif (said := _same(word, rest)) is not None:
            found.append(_whole(said) if whole else said)
        else:
            return TranslatedLink((), notes, f"unknown argument: {word}")
    return TranslatedLink(tuple(found), notes)


def input_arg(path: str, *, whole: bool = False) -> str:
    """A file as lld-link is given it: a list of exports has an option, and so has an archive that is taken whole."""
    if path.endswith(".def"):
        return f"-def:{path}"
    return f"-wholearchive:{path}" if whole and path.endswith((".a", ".lib")) else path


def _same(word: str, rest: Iterator[str]) -> str | None:
    """lld-link's word, the value being behind this one or in the next."""
    name, _, value = word.partition("=")
    # GNU's linker takes long options with one dash as well.
    for spelled in dict.fromkeys((name, f"-{name}")):
        if (said := link_table().same.get(spelled)) is not None:
            return said
        if (said := link_table().same.get(f"{spelled}=")) is not None:
            return said + (value or next(rest, ""))
    if name.startswith("-L"):
        return f"-libpath:{name[2:] or next(rest, '')}"
    if name.startswith("-l"):
        return library_arg(name[2:] or next(rest, ""))
    return None


def _whole(said: str) -> str:
    """A library that is taken whole, which lld-link does not look for by its short name."""
    name = said.removeprefix(_LIBRARY)
    return said if name == said else f"-wholearchive:lib{name}.a"


def library_arg(name: str) -> str:
    """``-l NAME``; lld-link looks for ``NAME.lib`` and ``libNAME.a``."""
    return name.removeprefix(":") if name.startswith(":") else f"{_LIBRARY}{name}"


def _words(row: Mapping[str, list[str]]) -> LinkerArgFilter:
    return LinkerArgFilter(frozenset(row["names"]), tuple(row["beginnings"]), frozenset(row["with_value"]))
