"""Static libraries of a toolchain that only few links need: whether the inputs of a link refer to their symbols.

The commands of a plan name such a library always. It is built, and stays in the commands, if an object file, a static
library or a source file of the call contains one of its names; else it is removed. So the commands depend on the inputs
of a call only, not on what was built before.
"""

from __future__ import annotations

import mmap
import os.path
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.errors import CrosswheelError
from crosswheel.toolchains.command_line import Item, read_command_line
from crosswheel.toolchains.link import linker_args

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crosswheel.toolchains.model import Call, CallSettings, OptionalLibrary, Plan

_BINARIES = (".o", ".obj", ".lo", ".a", ".lib", ".bc")
_INCLUDE = re.compile(rb"""^[ \t]*#[ \t]*(?:include|import)[ \t]*[<"]([^>"]+)[>"]""", re.MULTILINE)
_INCLUDE_DIRS = ("-I", "-iquote")


def select_libraries(
    plan: Plan, call: Call, settings: CallSettings, build: Callable[[str], None], outside: Callable[[Path], Path] = Path
) -> Plan:
    """Build the optional libraries that a call's inputs refer to, and remove the others from the commands.

    A library that cannot be built is removed too, with a note: the link reports what it lacks.

    :param build: builds a component of the toolchain.
    :param outside: returns the path on the build machine of a path of the call or the settings.
    """
    for library in plan.optional:
        note = None
        if is_referenced(library, call, settings, outside):
            try:
                build(library.component)
            except CrosswheelError as error:
                note = f"not linked with {library.component}: {error}"
            else:
                continue
        commands = tuple(tuple(arg for arg in command if arg != library.path) for command in plan.commands)
        plan = replace(plan, commands=commands, notes=(*plan.notes, *([note] if note else [])))
    return replace(plan, optional=())


def is_referenced(
    library: OptionalLibrary, call: Call, settings: CallSettings, outside: Callable[[Path], Path] = Path
) -> bool:
    """Return whether an input of a link contains one of a library's names; see :func:`select_libraries`."""
    line = read_command_line(call.arguments)
    symbols = tuple(name.encode() for name in library.symbols)

    def locate(name: str) -> Path:
        return outside(Path(call.directory, name))

    if any(_contains(path, symbols) for path in _binaries(line.items, settings, locate)):
        return True
    words = (*symbols, *(word.encode() for word in library.source_words))
    directories = [locate(item.value) for item in line.items if item.name in _INCLUDE_DIRS and item.value]
    included = [item.value for item in line.items if item.name == "-include" and item.value]
    sources = [locate(name) for name in (*line.sources, *included)]
    return any(_contains(path, words) for path in _with_includes(sources, directories))


def _binaries(items: tuple[Item, ...], settings: CallSettings, locate: Callable[[str], Path]) -> Iterator[Path]:
    """Yield the object files and static libraries of a link."""
    search = [locate(item.value) for item in items if item.name == "-L" and item.value]
    search += [locate(arg.removeprefix("-L")) for arg in settings.extra_link if arg.startswith("-L")]
    inputs = [item.value for item in items if item.is_input and item.value]
    for name in dict.fromkeys((*inputs, *linker_args(items), *settings.archives)):
        if name.endswith(_BINARIES):
            yield locate(name)
    for name in dict.fromkeys(item.value for item in items if item.name == "-l" and item.value):
        files = (path for path in search for suffix in (".a", ".lib") for path in (path / f"lib{name}{suffix}",))
        yield from (path for path in files if path.is_file())


def _contains(path: Path, words: tuple[bytes, ...]) -> bool:
    try:
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return any(data.find(word) >= 0 for word in words)
    except (OSError, ValueError):  # no such file, or an empty one: the linker reports it
        return False


def _with_includes(sources: list[Path], directories: list[Path]) -> Iterator[Path]:
    """Yield source files, and the files that they include from their own directory or the given ones."""
    seen: set[Path] = set()
    pending = list(sources)
    while pending:
        path = Path(os.path.normpath(pending.pop()))
        if path in seen or not path.is_file():
            continue
        seen.add(path)
        yield path
        names = [os.fsdecode(name) for name in _INCLUDE.findall(path.read_bytes())]
        pending += [found for name in names for found in (parent / name for parent in (path.parent, *directories))]
