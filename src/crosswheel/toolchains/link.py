"""What links have in common, whatever the compiler.

Linker arguments (``-Wl,a,b`` and ``-Xlinker a``), the runtime and target libraries of a link, linker maps, the split of
calls that compile and link, and the modules linked according to a build's call log.
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
from crosswheel.toolchains.tool_names import BUILD_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from crosswheel.toolchains.model import CallSettings

# Libraries that toolchains append to a link themselves, if it needs them.
_RUNTIME = frozenset({"stdc++", "stdc++fs", "c++", "c++abi", "supc++", "gcc_s", "gcc_eh", "unwind"})
_IMPLIED = frozenset({"gcc", "c", "atomic", "ssp", "ssp_nonshared"})
_ARCHIVE_MEMBER = re.compile(r"(\S+\.a)\(")
_EXPORT_LISTS = ("--version-script", "-version-script", "--dynamic-list", "--retain-symbols-file")
_LINKER_PREFIX = "-Wl,"
_MODULE_SUFFIXES = (".so", ".pyd")


@dataclass(frozen=True, slots=True)
class Link:
    """A parsed link.

    :param items: the build's items, without the libraries that toolchains append themselves.
    :param cxx: whether it may need the C++ runtime.
    :param partial: whether it links several object files into one relocatable object.
    :param shared: whether it links a shared object.
    :param bare: whether no libraries are linked except those that the build names.
    :param own_exports: whether the build lists the exported symbols.
    """

    items: tuple[Item, ...]
    cxx: bool
    relocatable: bool
    shared: bool
    no_default_libs: bool
    has_export_list: bool


def read_link(line: CommandLine, tool: Tool) -> Link:
    """Parse the command line of a compiler that links."""
    args = linker_args(line.items)
    requested = {item.value for item in line.items if item.name == "-l"}
    appended = _RUNTIME | _IMPLIED
    return Link(
        items=tuple(item for item in line.items if not (item.name == "-l" and item.value in appended)),
        cxx=tool is Tool.CXX or line.is_cxx or bool(requested & _RUNTIME),
        relocatable=line.has("-r") or "-r" in args or "--relocatable" in args,
        shared=line.has("-shared", "-dynamiclib", "-bundle") or "-shared" in args,
        # A build that disables the default libraries and then names some of them gets the default ones.
        no_default_libs=line.has("-nostdlib", "-nodefaultlibs") and not requested & appended,
        has_export_list=any(arg.startswith(_EXPORT_LISTS) for arg in args),
    )


def library_args(settings: CallSettings, output: str, directory: str, *, shared: bool) -> tuple[str, ...]:
    """Return the arguments that append the target's libraries to a link and write its map.

    :param output: the link's output file, relative to ``directory``, the working directory of the call.
    :param shared: whether it links a shared object; programs get neither shared libraries nor a map.
    """
    record = (f"-Wl,-Map={map_file(settings.link_maps, output, directory)}",) if shared and settings.link_maps else ()
    return (*settings.archives, *(settings.shared if shared else ()), *record)


def exclude_libs_args(settings: CallSettings) -> tuple[str, ...]:
    """Return the arguments by which ELF linkers do not export symbols of the target's static libraries."""
    names = ":".join(os.path.basename(path) for path in settings.archives)  # noqa: PTH119
    return (f"-Wl,--exclude-libs,{names}",) if names else ()


def map_file(maps: str, output: str, directory: str) -> str:
    """Return the path of the linker map for an output file, different for each output.

    :param maps: the directory of the maps.
    """
    path = os.path.normpath(os.path.join(directory, output))  # noqa: PTH118
    return f"{maps}/{os.path.basename(path)}.{sha256(path.encode()).hexdigest()[:12]}.map"  # noqa: PTH119


def archives_in_map(text: str) -> frozenset[str]:
    """Return the paths of the archives of which a link used members.

    :param text: the linker map.
    """
    return frozenset(os.path.normpath(path) for path in set(_ARCHIVE_MEMBER.findall(text)))


def linker_args(items: Iterable[Item]) -> tuple[str, ...]:
    """Return every argument that a compiler passes on to its linker, in order."""
    return tuple(arg for item in items for arg in _item_linker_args(item))


def replace_linker_args(items: Iterable[Item], changes: Mapping[int, str | None]) -> tuple[Item, ...]:
    """Return the items with some linker arguments replaced.

    :param changes: replacements by index into :func:`linker_args`; None removes the argument.
    """
    changed: list[Item] = []
    position = 0
    for item in items:
        args = _item_linker_args(item)
        replaced = [changes.get(index, arg) for index, arg in enumerate(args, position)]
        position += len(args)
        if not args or replaced == list(args):
            changed.append(item)
        elif kept := [arg for arg in replaced if arg is not None]:
            changed.append(_with_linker_args(item, kept))
    return tuple(changed)


def _item_linker_args(item: Item) -> tuple[str, ...]:
    if item.name.startswith(_LINKER_PREFIX):
        return tuple(item.name.removeprefix(_LINKER_PREFIX).split(","))
    if item.name == "-Xlinker" and item.value is not None:
        return (item.value,)
    return ()


def _with_linker_args(item: Item, args: list[str]) -> Item:
    if item.name == "-Xlinker":
        return replace(item, value=args[0])
    return replace(item, name=_LINKER_PREFIX + ",".join(args))


@dataclass(frozen=True, slots=True)
class CompileThenLink:
    """A call that compiles and links, split for linkers that accept object files only.

    :param items: the items of the link: those of the call, with object files in place of sources.
    :param commands: the commands that compile the sources.
    :param objects: the object files they write, beside the link's output.
    """

    items: tuple[Item, ...]
    commands: tuple[tuple[str, ...], ...]
    objects: tuple[str, ...]


def split_compile_and_link(
    line: CommandLine,
    output: str,
    compiler: tuple[tuple[str, ...], tuple[str, ...]],
    only_linking: Callable[[Item], bool],
) -> CompileThenLink:
    """Split a call that compiles and links into compilations and a link.

    :param output: the output file of the link.
    :param compiler: the arguments before and after the call's own in a command that compiles.
    :param only_linking: whether an option has no effect on a compilation.
    """
    sources = line.inputs if line.last("-x") not in {None, "none"} else (*line.sources, *_standard_input(line))
    stem = "crosswheel" if output.startswith("/dev/") else output
    objects = {source: f"{stem}.{number}.o" for number, source in enumerate(dict.fromkeys(sources))}
    before, after = compiler
    args = tokens(item for item in line.items if not (item.is_input or item.name == "-o" or only_linking(item)))
    return CompileThenLink(
        items=tuple(
            Item("", objects.get(item.value or "", item.value)) if item.is_input else item for item in line.items
        ),
        commands=tuple((*before, *args, "-c", source, "-o", file, *after) for source, file in objects.items()),
        objects=tuple(objects.values()),
    )


def _standard_input(line: CommandLine) -> tuple[str, ...]:
    return tuple(name for name in line.inputs if name == "-")


def linked_modules(log: str) -> frozenset[str]:
    """Return the names of the extension modules that a build linked or tried to link.

    :param log: the call log written by :mod:`crosswheel.toolchains.wrappers.server`, in which a line
        ``# cc -shared a.o -o a.so`` is a call as the build made it.
    :returns: file names up to the first dot.
    """
    modules = set()
    for line in log.splitlines():
        if not line.startswith("# ") or not any(suffix in line for suffix in _MODULE_SUFFIXES):
            continue
        try:
            name, *args = shlex.split(line[2:])
        except ValueError:  # an argument that contains a line break
            continue
        if name.endswith(BUILD_SUFFIX):
            continue
        call = read_command_line(tuple(args))
        if call.mode is Mode.LINK and call.output and call.output.endswith(_MODULE_SUFFIXES):
            modules.add(PurePosixPath(call.output).name.partition(".")[0])
    return frozenset(modules)
