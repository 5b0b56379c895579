"""Rules that hold for every compiler: paths of the build machine, and flags that select its processor.

:func:`map_path` decides about one path; the ``drop_*`` functions apply it, and similar rules, to the items of a command
line. They return the items to use instead, with notes on what was changed.
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

_LINK_INPUT = re.compile(r"\.(?:a|o|obj|lo|lib|dylib|dll)$|\.so(?:\.[\d.]+)?$")
"""Matches the names of files that are linked rather than compiled."""


class PathUse(Enum):
    """What a path on a command line is for."""

    HEADERS = auto()
    LIBRARIES = auto()
    INPUT = auto()
    RUN_PATH = auto()


_PATH_OPTIONS = {
    **dict.fromkeys(("-I", "-isystem", "-iquote", "-idirafter", "-include", "-imacros"), PathUse.HEADERS),
    **dict.fromkeys(("-L", "-B"), PathUse.LIBRARIES),
    "": PathUse.INPUT,
}
_NATIVE_PROCESSOR = ("-march=native", "-mtune=native", "-mcpu=native")
# Linker options for directories: with the directory in the same argument, or in the next one.
_LINKER_PATHS = ("-rpath=", "--rpath=", "-rpath-link=", "--rpath-link=", "--library-path=", "-R", "-L")
_LINKER_PATHS_NEXT = frozenset({"-rpath", "--rpath", "-rpath-link", "--rpath-link", "-R", "-L", "--library-path"})
_LINK_TIME_ONLY = frozenset({"-rpath-link", "--rpath-link", "-L", "--library-path"})
"""Those that have no effect at run time."""
_ORIGIN = ("$ORIGIN", "${ORIGIN}")


def map_path(path: str, use: PathUse, settings: CallSettings, directory: str) -> str | None:
    """Return the path to use for the target, None if it is meaningful on the build machine only.

    :param directory: the working directory of the call, for relative paths.
    """
    if path == "-":
        return path
    absolute = os.path.normpath(os.path.join(directory, path))  # noqa: PTH118  # Path() would cost 10 µs each
    for prefix, replacement in settings.path_map:
        if is_under(absolute, prefix):
            return replacement + absolute[len(prefix) :]
    overlays = settings.overlays
    if overlays is not None and (inner := path_in_environment(absolute, overlays)) is not None:
        return _map_environment_path(path, inner, use, overlays)
    if any(is_under(absolute, prefix) for prefix in settings.kept_paths):
        return path
    if any(is_under(absolute, prefix) for prefix in settings.removed_paths):
        return None
    return path


def path_in_environment(absolute: str, overlays: OverlaidEnvironment) -> str | None:
    """Return a path relative to the build environment, ``""`` for the environment itself; None for other paths."""
    for prefix in overlays.prefixes:
        if is_under(absolute, prefix):
            return absolute[len(prefix) :].lstrip("/")
    return None


def _map_environment_path(path: str, inner: str, use: PathUse, overlays: OverlaidEnvironment) -> str | None:
    """Map a path into the build environment, whose programs and libraries are for the build machine.

    Files that only a compiler reads are the same on the target, so they are used if the target has none of its own.

    :param inner: the path relative to the environment.
    """
    if use is PathUse.RUN_PATH:
        return None
    if inner in overlays.paths:
        return f"{overlays.root}/{inner}".rstrip("/")
    if use is PathUse.LIBRARIES or (use is PathUse.INPUT and is_link_input(inner)):
        return None
    return path


def is_link_input(name: str) -> bool:
    """Return whether a file is an object file or a library, by its name."""
    return _LINK_INPUT.search(name) is not None


def is_under(path: str, directory: str) -> bool:
    """Return whether a path is a directory or inside it."""
    return path == directory or path.startswith(directory.rstrip("/") + "/")


@dataclass(frozen=True, slots=True)
class RewrittenItems:
    """The result of a rule.

    :param items: the items to use.
    :param notes: what was changed and why, for the log.
    :param refusal: why the call is refused, None if it is not.
    """

    items: tuple[Item, ...]
    notes: tuple[str, ...] = ()
    refusal: str | None = None


def drop_build_machine_paths(items: Iterable[Item], settings: CallSettings, directory: str) -> RewrittenItems:
    """Map or remove every path that is meaningful on the build machine only.

    A search directory is removed with a note. A library or object file of the build machine that is passed by its path
    can neither be dropped silently nor linked: the call is refused.

    :param directory: the working directory of the call.
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
            return RewrittenItems((), tuple(notes), _build_machine_file(item.value))
        else:
            notes.append(f"removed {' '.join(item.tokens())}: a directory of the build machine")
    args = linker_args(kept)
    changes, linker_notes = rewrite_linker_paths(args, settings, directory)
    for index, arg in enumerate(args):
        if index in changes:
            continue
        if (file := _map_linker_input(arg, settings, directory)) is None:
            return RewrittenItems((), tuple(notes), _build_machine_file(arg))
        if file != arg:
            changes[index] = file
    return RewrittenItems(replace_linker_args(kept, changes) if changes else tuple(kept), (*notes, *linker_notes))


def _build_machine_file(path: str) -> str:
    return f"{path} belongs to the build machine, not to the target"


def _map_linker_input(arg: str, settings: CallSettings, directory: str) -> str | None:
    """Map a linker argument if it is an absolute path in the build environment; None if it has no mapping."""
    if settings.overlays is None or not arg.startswith("/") or path_in_environment(arg, settings.overlays) is None:
        return arg
    return map_path(arg, PathUse.INPUT, settings, directory)


def rewrite_linker_paths(
    args: Sequence[str], settings: CallSettings, directory: str
) -> tuple[dict[int, str | None], tuple[str, ...]]:
    """Map or remove linker arguments that name directories of the build machine.

    Of a run path with several directories only those of the build machine are removed; ``$ORIGIN`` is kept.

    :returns: replacements by index, None to remove an argument, and notes.
    """
    changes: dict[int, str | None] = {}
    notes: list[str] = []
    for index, arg in enumerate(args):
        prefix = next((prefix for prefix in _LINKER_PATHS if arg.startswith(prefix) and arg != prefix), None)
        if arg in _LINKER_PATHS_NEXT and index + 1 < len(args):
            prefix, value_index, value, option = "", index + 1, args[index + 1], arg
        elif prefix is not None and arg not in _LINKER_PATHS_NEXT:
            value_index, value, option = index, arg.removeprefix(prefix), prefix.rstrip("=")
        else:
            continue
        use = PathUse.LIBRARIES if option in _LINK_TIME_ONLY else PathUse.RUN_PATH
        parts = value.split(":")
        mapped = (part if part.startswith(_ORIGIN) else map_path(part, use, settings, directory) for part in parts)
        kept = [part for part in mapped if part is not None]
        if kept == parts:
            continue
        if len(kept) < len(parts):
            removed = arg if value_index == index else f"{arg} {value}"
            notes.append(f"removed {removed}: a directory of the build machine")
        changes[value_index] = prefix + ":".join(kept) if kept else None
        if not kept:
            changes[index] = None
    return changes, tuple(notes)


def drop_build_machine_linker_paths(args: Sequence[str], settings: CallSettings, directory: str) -> RewrittenItems:
    """Apply :func:`drop_build_machine_paths` to the arguments of a linker that is called directly."""
    changes, notes = rewrite_linker_paths(args, settings, directory)
    rewritten = (changes.get(index, arg) for index, arg in enumerate(args))
    kept = tuple(arg for arg in rewritten if arg is not None)
    result = drop_build_machine_paths(read_linker_line(kept).items, settings, directory)
    return replace(result, notes=(*notes, *result.notes))


def drop_native_processor(items: Iterable[Item]) -> RewrittenItems:
    """Remove flags that select the build machine's processor."""
    items = tuple(items)
    kept = [item for item in items if item.name.partition("+")[0] not in _NATIVE_PROCESSOR]
    notes = [f"removed {item.name}: it selects the build machine's processor" for item in items if item not in kept]
    return RewrittenItems(tuple(kept), tuple(notes))
