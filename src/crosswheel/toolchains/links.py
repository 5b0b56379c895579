"""What a link asks for, whatever the compiler: which libraries, which runtime, whose list of exports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswheel.toolchains.linker_words import linker_words
from crosswheel.toolchains.model import Tool

if TYPE_CHECKING:
    from crosswheel.toolchains.arguments import CommandLine, Item

# Libraries that toolchains put at the end of a link themselves, as far as it needs them.
_RUNTIME = frozenset({"stdc++", "stdc++fs", "c++", "c++abi", "supc++", "gcc_s", "gcc_eh", "unwind"})
_IMPLIED = frozenset({"gcc", "c", "atomic", "ssp", "ssp_nonshared"})
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
    words = linker_words(line.items)
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
