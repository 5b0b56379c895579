"""Rules that hold for every compiler: paths of the build machine, flags that name its processor.

Each rule takes the items of a command line and gives the items to use instead, with notes on what it changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crosswheel.toolchains.command_line import Item, read_linker_line
from crosswheel.toolchains.linker_args import linker_args, replace_linker_args
from crosswheel.toolchains.path_mapping import PathUse, map_path, path_in_environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crosswheel.toolchains.model import CallSettings

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


def tokens(items: Iterable[Item]) -> tuple[str, ...]:
    """The arguments that items are written as."""
    return tuple(token for item in items for token in item.tokens())


def drop_native_processor(items: Iterable[Item]) -> RewrittenItems:
    """Remove flags that ask for the build machine's own processor."""
    kept = [item for item in items if item.name not in _OF_BUILD_MACHINE]
    notes = [f"removed {item.name}: the wheel is for another machine" for item in items if item not in kept]
    return RewrittenItems(tuple(kept), tuple(notes))
