"""Translation of GNU ld's arguments to lld-link's: the rules over ``flags.toml``."""

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

_LLD_LINK_OPTION = re.compile(r"-[A-Za-z]+:.")
"""The form of lld-link's own options, which no option of GNU ld has."""
_LIBRARY = "-defaultlib:"
_WHOLE_ARCHIVE = {"--whole-archive": True, "--no-whole-archive": False}


@dataclass(frozen=True, slots=True)
class TranslatedLink:
    """Linker arguments, translated.

    :param args: lld-link's arguments.
    :param refusal: the error for the first argument that has no translation, if any.
    """

    args: tuple[str, ...]
    notes: tuple[str, ...] = ()
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class LinkTable:
    """The contents of ``flags.toml``, where each table is explained."""

    link_only: frozenset[str]
    implied: frozenset[str]
    translated: Mapping[str, str]
    ignored: LinkerArgFilter
    removed: LinkerArgFilter


@cache
def link_table() -> LinkTable:
    """Read ``flags.toml``."""
    rows = tomllib.loads(files("crosswheel.toolchains.zig.windows").joinpath("flags.toml").read_text("utf-8"))
    link_only, linker = rows["link_only"], rows["linker"]
    return LinkTable(
        link_only=frozenset(link_only["names"]) | frozenset(link_only["with_value"]),
        implied=frozenset(rows["implied"]["names"]),
        translated=linker["translated"],
        ignored=_read_arg_filter(linker["ignored"]),
        removed=_read_arg_filter(linker["removed"]),
    )


def translate(args: Sequence[str]) -> TranslatedLink:
    """Translate arguments of GNU ld to lld-link's; files are kept."""
    changes, notes = drop_linker_args(args, link_table().removed)
    ignored, _ = drop_linker_args(args, link_table().ignored)
    kept = [arg for index, arg in enumerate(args) if index not in changes and index not in ignored]
    translated: list[str] = []
    rest = iter(kept)
    whole = False
    for arg in rest:
        if arg in _WHOLE_ARCHIVE:
            whole = _WHOLE_ARCHIVE[arg]
        elif not arg.startswith("-"):
            translated.append(_input_arg(arg, whole=whole))
        elif _LLD_LINK_OPTION.match(arg):
            translated.append(arg)
        elif (option := _translate_option(arg, rest)) is not None:
            translated.append(_whole_library(option) if whole else option)
        else:
            return TranslatedLink((), notes, f"unknown argument: {arg}")
    return TranslatedLink(tuple(translated), notes)


def _input_arg(path: str, *, whole: bool = False) -> str:
    """Return lld-link's argument for a file.

    :param whole: whether all members of an archive are linked (``--whole-archive``).
    """
    if path.endswith(".def"):
        return f"-def:{path}"
    return f"-wholearchive:{path}" if whole and path.endswith((".a", ".lib")) else path


def _translate_option(arg: str, rest: Iterator[str]) -> str | None:
    """Return lld-link's option, None if there is none.

    :param rest: the following arguments; consumed if the value is the next one.
    """
    name, _, value = arg.partition("=")
    table = link_table().translated
    # GNU ld accepts long options with a single dash too.
    for spelling in dict.fromkeys((name, f"-{name}")):
        if (option := table.get(spelling)) is not None:
            return option
        if (option := table.get(f"{spelling}=")) is not None:
            return option + (value or next(rest, ""))
    if name.startswith("-L"):
        return f"-libpath:{name[2:] or next(rest, '')}"
    if name.startswith("-l"):
        return _library_arg(name[2:] or next(rest, ""))
    return None


def _whole_library(option: str) -> str:
    """Return the option that links a library whole; lld-link does not search for its short name then."""
    name = option.removeprefix(_LIBRARY)
    return option if name == option else f"-wholearchive:lib{name}.a"


def _library_arg(name: str) -> str:
    """Return lld-link's argument for ``-l NAME``; it searches for ``NAME.lib`` and ``libNAME.a``."""
    return name.removeprefix(":") if name.startswith(":") else f"{_LIBRARY}{name}"


def _read_arg_filter(row: Mapping[str, list[str]]) -> LinkerArgFilter:
    return LinkerArgFilter(frozenset(row["names"]), tuple(row["beginnings"]), frozenset(row["with_value"]))
