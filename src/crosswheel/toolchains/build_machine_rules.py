"""Rules that hold for every compiler: paths of the build machine, and flags that select its processor.

:func:`map_path` decides about one path; the ``drop_*`` functions apply it to all options of a call. Each returns the
items to use instead, with notes on what it changed.
"""

from __future__ import annotations

import os.path
import re
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING

from crosswheel.toolchains.command_line import Item, read_linker_line
from crosswheel.toolchains.link import linker_args, replace_linker_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crosswheel.toolchains.model import CallSettings, OverlaidEnvironment

_LINKED = re.compile(r"\.(?:a|o|obj|lo|lib|dylib|dll)$|\.so(?:\.[\d.]+)?$")
"""How the names of files end that are linked rather than read."""


class PathUse(Enum):
    """What a command line wants of a path."""

    HEADERS = auto()
    LIBRARIES = auto()
    INPUT = auto()
    RUN_PATH = auto()


def map_path(path: str, use: PathUse, settings: CallSettings, directory: str) -> str | None:
    """The path to use on the target; None if it means something on the build machine only.

    :param directory: where the call was made, from which relative paths begin.
    """
    if path == "-":
        return path
    absolute = os.path.normpath(os.path.join(directory, path))  # noqa: PTH118  # Path() would cost 10 µs each
    for prefix, replacement in settings.path_map:
        if is_under(absolute, prefix):
            return replacement + absolute[len(prefix) :]
    overlaid = settings.overlays
    if overlaid is not None and (inner := path_in_environment(absolute, overlaid)) is not None:
        return _in_environment(path, inner, use, overlaid)
    if any(is_under(absolute, prefix) for prefix in settings.kept_paths):
        return path
    if any(is_under(absolute, prefix) for prefix in settings.removed_paths):
        return None
    return path


def path_in_environment(absolute: str, overlaid: OverlaidEnvironment) -> str | None:
    """A path relative to the build environment, ``""`` for itself; None for a path elsewhere."""
    for prefix in overlaid.prefixes:
        if is_under(absolute, prefix):
            return absolute[len(prefix) :].lstrip("/")
    return None


def _in_environment(path: str, inner: str, use: PathUse, overlaid: OverlaidEnvironment) -> str | None:
    """What becomes of a path into the build environment, whose programs and libraries are the build machine's.

    What only a compiler reads may serve where the target has nothing of its own: it is the same there.
    """
    if use is PathUse.RUN_PATH:
        return None
    if inner in overlaid.paths:
        return f"{overlaid.root}/{inner}".rstrip("/")
    if use is PathUse.LIBRARIES or (use is PathUse.INPUT and is_link_input(inner)):
        return None
    return path


def is_link_input(name: str) -> bool:
    """Whether a file, by its name, is an object or a library."""
    return _LINKED.search(name) is not None


def is_under(path: str, directory: str) -> bool:
    """Whether a path is a directory or lies in it."""
    return path == directory or path.startswith(directory.rstrip("/") + "/")


_PATH_OPTIONS = {
    **dict.fromkeys(("-I", "-isystem", "-iquote", "-idirafter", "-include", "-imacros"), PathUse.HEADERS),
    **dict.fromkeys(("-L", "-B"), PathUse.LIBRARIES),
    "": PathUse.INPUT,
}
_OF_BUILD_MACHINE = ("-march=native", "-mtune=native", "-mcpu=native")
# How a linker is given directories: with the option, or in the next word.
_LINKER_PATHS = ("-rpath=", "--rpath=", "-rpath-link=", "--rpath-link=", "--library-path=", "-R", "-L")
_LINKER_PATHS_NEXT = frozenset({"-rpath", "--rpath", "-rpath-link", "--rpath-link", "-R", "-L", "--library-path"})
_FOR_LINKS = frozenset({"-rpath-link", "--rpath-link", "-L", "--library-path"})
"""Those that mean nothing when a program runs."""
_SELF = ("$ORIGIN", "${ORIGIN}")


@dataclass(frozen=True, slots=True)
class RewrittenItems:
    """The items to use, the notes to log, and why the call cannot go on, if it cannot."""

    items: tuple[Item, ...]
    notes: tuple[str, ...] = ()
    refusal: str | None = None


def drop_build_machine_paths(items: Iterable[Item], settings: CallSettings, directory: str) -> RewrittenItems:
    """Map or remove every path that means something on the build machine only.

    A search directory is removed with a note. A library or object of the build machine given by its full path
    cannot be left out silently, nor linked: the call is refused.
    """
    kept: list[Item] = []
    notes: list[str] = []
    for item in items:
        use = _PATH_OPTIONS.get(item.name)
        if not item.value or use is None:
            kept.append(item)
            continue
        mapped = map_path(item.value, use, settings, directory)
        if mapped is not None:
            kept.append(replace(item, value=mapped))
        elif item.is_input:
            return RewrittenItems((), tuple(notes), _of_build_machine(item.value))
        else:
            notes.append(f"removed {' '.join(item.tokens())}: a directory of the build machine")
    words = linker_args(kept)
    changes, more = rewrite_linker_paths(words, settings, directory)
    for at, word in enumerate(words):
        if at in changes:
            continue
        if (file := _overlaid_file(word, settings, directory)) is None:
            return RewrittenItems((), tuple(notes), _of_build_machine(word))
        if file != word:
            changes[at] = file
    return RewrittenItems(replace_linker_args(kept, changes) if changes else tuple(kept), (*notes, *more))


def _of_build_machine(path: str) -> str:
    return f"{path} belongs to the build machine, not to the target"


def _overlaid_file(word: str, settings: CallSettings, directory: str) -> str | None:
    """What stands for a word for the linker that is a file of the build environment by its full path."""
    if settings.overlays is None or not word.startswith("/") or path_in_environment(word, settings.overlays) is None:
        return word
    return map_path(word, PathUse.INPUT, settings, directory)


def rewrite_linker_paths(
    words: Sequence[str], settings: CallSettings, directory: str
) -> tuple[dict[int, str | None], tuple[str, ...]]:
    """What becomes of the words of a linker that name directories of the build machine: changes and notes.

    A run path of several directories loses those of the build machine only; ``$ORIGIN`` always stays.
    """
    changes: dict[int, str | None] = {}
    notes: list[str] = []
    for at, word in enumerate(words):
        option = next((option for option in _LINKER_PATHS if word.startswith(option) and word != option), None)
        if word in _LINKER_PATHS_NEXT and at + 1 < len(words):
            option, place, given, kind = "", at + 1, words[at + 1], word
        elif option is not None and word not in _LINKER_PATHS_NEXT:
            place, given, kind = at, word.removeprefix(option), option.rstrip("=")
        else:
            continue
        use = PathUse.LIBRARIES if kind in _FOR_LINKS else PathUse.RUN_PATH
        parts = given.split(":")
        found = (part if part.startswith(_SELF) else map_path(part, use, settings, directory) for part in parts)
        kept = [part for part in found if part is not None]
        if kept == parts:
            continue
        if len(kept) < len(parts):
            notes.append(f"removed {word if place == at else f'{word} {given}'}: a directory of the build machine")
        changes[place] = option + ":".join(kept) if kept else None
        if not kept:
            changes[at] = None
    return changes, tuple(notes)


def drop_build_machine_linker_paths(words: Sequence[str], settings: CallSettings, directory: str) -> RewrittenItems:
    """The same for a linker that is called by itself."""
    changes, notes = rewrite_linker_paths(words, settings, directory)
    given = (changes.get(at, word) for at, word in enumerate(words))
    kept = tuple(word for word in given if word is not None)
    cleaned = drop_build_machine_paths(read_linker_line(kept).items, settings, directory)
    return replace(cleaned, notes=(*notes, *cleaned.notes))


def drop_native_processor(items: Iterable[Item]) -> RewrittenItems:
    """Remove flags that ask for the build machine's own processor."""
    kept = [item for item in items if item.name not in _OF_BUILD_MACHINE]
    notes = [f"removed {item.name}: the wheel is for another machine" for item in items if item not in kept]
    return RewrittenItems(tuple(kept), tuple(notes))
