"""Links, whatever the compiler: linker arguments, runtime and target libraries, link maps, and the call log.

``-Wl,a,b`` and ``-Xlinker a`` pass arguments on to the linker; :func:`linker_args` returns them and
:func:`replace_linker_args` changes them. :func:`read_link` reads what a link requests, and
:func:`split_compile_and_link` splits a call that does both for linkers that accept objects only.
"""

from __future__ import annotations

import os.path
import re
import shlex
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from crosswheel.toolchains.command_line import CommandLine, Item, Mode, read_command_line, tokens
from crosswheel.toolchains.model import Tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from crosswheel.toolchains.command_line import CommandLine, Item
    from crosswheel.toolchains.model import CallSettings

# Libraries that toolchains put at the end of a link themselves, as far as it needs them.
_RUNTIME = frozenset({"stdc++", "stdc++fs", "c++", "c++abi", "supc++", "gcc_s", "gcc_eh", "unwind"})
_IMPLIED = frozenset({"gcc", "c", "atomic", "ssp", "ssp_nonshared"})
_MEMBER = re.compile(r"(\S+\.a)\(")
_OWN_EXPORTS = ("--version-script", "-version-script", "--dynamic-list", "--retain-symbols-file")


@dataclass(frozen=True, slots=True)
class Link:
    """A link, read.

    :param items: what the build says, without the libraries that toolchains bring themselves.
    :param cxx: whether it may need the C++ runtime.
    :param partial: whether it makes one relocatable object of several.
    :param bare: whether the build wants no library but those it names.
    :param own_exports: whether the build says which symbols are exported.
    """

    items: tuple[Item, ...]
    cxx: bool
    partial: bool
    shared: bool
    bare: bool
    own_exports: bool


def read_link(line: CommandLine, tool: Tool) -> Link:
    """Read the command line of a compiler that links."""
    words = linker_args(line.items)
    asked = {item.value for item in line.items if item.name == "-l"}
    ours = _RUNTIME | _IMPLIED
    return Link(
        items=tuple(item for item in line.items if not (item.name == "-l" and item.value in ours)),
        cxx=tool is Tool.CXX or line.is_cxx or bool(asked & _RUNTIME),
        partial=line.has("-r") or "-r" in words or "--relocatable" in words,
        shared=line.has("-shared", "-dynamiclib", "-bundle") or "-shared" in words,
        # Who leaves the default libraries out and then names some of them gets the default ones all the same.
        bare=line.has("-nostdlib", "-nodefaultlibs") and not asked & ours,
        own_exports=any(word.startswith(_OWN_EXPORTS) for word in words),
    )


def library_args(settings: CallSettings, output: str, directory: str, *, shared: bool) -> tuple[str, ...]:
    """The target's libraries at the end of a link, which takes what it needs, and the record of what it took."""
    record = (f"-Wl,-Map={map_file(settings.link_maps, output, directory)}",) if shared and settings.link_maps else ()
    return (*settings.archives, *(settings.shared if shared else ()), *record)


def exclude_libs_args(settings: CallSettings) -> tuple[str, ...]:
    """What makes linkers of ELF files keep the target's libraries out of the symbols a module exports."""
    names = ":".join(os.path.basename(path) for path in settings.archives)  # noqa: PTH119
    return (f"-Wl,--exclude-libs,{names}",) if names else ()


def map_file(maps: str, output: str, directory: str) -> str:
    """The file in which a link tells where the parts of its output come from: one for each output."""
    path = os.path.normpath(os.path.join(directory, output))  # noqa: PTH118
    return f"{maps}/{os.path.basename(path)}.{sha256(path.encode()).hexdigest()[:12]}.map"  # noqa: PTH119


def archives_in_map(text: str) -> frozenset[str]:
    """The archives that a link took something of, as its map tells."""
    return frozenset(os.path.normpath(path) for path in set(_MEMBER.findall(text)))


_PASSED = "-Wl,"


def linker_args(items: Iterable[Item]) -> tuple[str, ...]:
    """Every word meant for the linker, in order."""
    return tuple(word for item in items for word in _words(item))


def replace_linker_args(items: Iterable[Item], changes: Mapping[int, str | None]) -> tuple[Item, ...]:
    """The items with some words for the linker replaced.

    :param changes: what stands in a word's place, by its position among :func:`linker_args`; None removes it.
    """
    changed: list[Item] = []
    position = 0
    for item in items:
        words = _words(item)
        kept = [changes.get(at, word) for at, word in enumerate(words, position)]
        position += len(words)
        if not words or kept == list(words):
            changed.append(item)
        elif left := [word for word in kept if word is not None]:
            changed.append(_with_words(item, left))
    return tuple(changed)


def _words(item: Item) -> tuple[str, ...]:
    if item.name.startswith(_PASSED):
        return tuple(item.name.removeprefix(_PASSED).split(","))
    if item.name == "-Xlinker" and item.value is not None:
        return (item.value,)
    return ()


def _with_words(item: Item, words: list[str]) -> Item:
    if item.name == "-Xlinker":
        return replace(item, value=words[0])
    return replace(item, name=_PASSED + ",".join(words))


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


_SUFFIXES = (".so", ".pyd")


def modules_linked(log: str) -> frozenset[str]:
    """The modules that a build has linked, or tried to: the names of their files up to the first dot.

    :param log: the text; a line ``# cc -shared a.o -o a.so`` is a call as the build made it.
    """
    found = set()
    for line in log.splitlines():
        if not line.startswith("# ") or not any(suffix in line for suffix in _SUFFIXES):
            continue
        try:
            _, *words = shlex.split(line[2:])
        except ValueError:  # a word with a line break in it
            continue
        call = read_command_line(tuple(words))
        if call.mode is Mode.LINK and call.output and call.output.endswith(_SUFFIXES):
            found.add(PurePosixPath(call.output).name.partition(".")[0])
    return frozenset(found)
