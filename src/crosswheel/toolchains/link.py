"""What a link asks for, whatever the compiler: which libraries, which runtime, whose list of exports."""

from __future__ import annotations

import os.path
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from crosswheel.toolchains.linker_args import linker_args
from crosswheel.toolchains.model import Tool

if TYPE_CHECKING:
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
