"""Rules that hold for every compiler: paths of the build machine, flags that name its processor.

Each rule takes the items of a command line and gives the items to use instead, with notes on what it changed.
"""

from __future__ import annotations

import os.path
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crosswheel.toolchains.arguments import Item

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crosswheel.toolchains.model import CallSettings

_PATH_OPTIONS = frozenset({"-I", "-isystem", "-iquote", "-idirafter", "-L", "-include", "-imacros"})
_OF_BUILD_MACHINE = ("-march=native", "-mtune=native", "-mcpu=native")
_RPATH_PREFIXES = ("-Wl,-rpath,", "-Wl,-rpath=", "-Wl,-R,", "-Wl,--rpath,", "-Wl,--rpath=", "-Wl,-rpath-link,",
                   "-Wl,-rpath-link=", "-Wl,--enable-new-dtags,-rpath,", "-Wl,-R")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The items to use, the notes to log, and why the call cannot go on, if it cannot."""

    items: tuple[Item, ...]
    notes: tuple[str, ...] = ()
    refusal: str | None = None


def without_build_machine(items: Iterable[Item], settings: CallSettings, directory: str) -> Rewritten:
    """Map or remove every path that means something on the build machine only.

    A search directory is removed with a note. A library or object of the build machine given by its full path
    cannot be left out silently, nor linked: the call is refused.
    """
    kept: list[Item] = []
    notes: list[str] = []
    for item in items:
        if item.name in _PATH_OPTIONS and item.value:
            mapped = _mapped(item.value, settings, directory)
            if mapped is None:
                notes.append(f"removed {' '.join(item.tokens())}: a directory of the build machine")
            else:
                kept.append(replace(item, value=mapped))
        elif item.is_input and item.value:
            mapped = _mapped(item.value, settings, directory)
            if mapped is None:
                return Rewritten((), tuple(notes), f"{item.value} belongs to the build machine, not to the target")
            kept.append(replace(item, value=mapped))
        elif _is_foreign_rpath(item, settings, directory):
            notes.append(f"removed {' '.join(item.tokens())}: a run path of the build machine")
        else:
            kept.append(item)
    return Rewritten(tuple(kept), tuple(notes))


def without_native_processor(items: Iterable[Item]) -> Rewritten:
    """Remove flags that ask for the build machine's own processor."""
    kept = [item for item in items if item.name not in _OF_BUILD_MACHINE]
    notes = [f"removed {item.name}: the wheel is for another machine" for item in items if item not in kept]
    return Rewritten(tuple(kept), tuple(notes))


def without(items: Iterable[Item], names: frozenset[str], prefixes: tuple[str, ...] = ()) -> Rewritten:
    """Remove options by name or by prefix, with a note each."""
    kept, notes = [], []
    for item in items:
        if item.name in names or (prefixes and item.name.startswith(prefixes)):
            notes.append(f"removed {' '.join(item.tokens())}: this toolchain has no such option")
        else:
            kept.append(item)
    return Rewritten(tuple(kept), tuple(notes))


def _mapped(path: str, settings: CallSettings, directory: str) -> str | None:
    """The path to use on the target: itself, what stands for it, or None if it belongs to the build machine."""
    if path == "-":
        return path
    absolute = os.path.normpath(os.path.join(directory, path))  # noqa: PTH118  # Path() would cost 10 µs each
    for prefix, replacement in settings.mapped:
        if _under(absolute, prefix):
            return replacement + absolute[len(prefix) :]
    if any(_under(absolute, prefix) for prefix in settings.kept):
        return path
    if any(_under(absolute, prefix) for prefix in settings.removed):
        return None
    return path


def _is_foreign_rpath(item: Item, settings: CallSettings, directory: str) -> bool:
    prefix = next((p for p in _RPATH_PREFIXES if item.name.startswith(p)), None)
    if prefix is None:
        return False
    path = item.name.removeprefix(prefix)
    return not path.startswith("$ORIGIN") and _mapped(path, settings, directory) is None


def _under(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory.rstrip("/") + "/")
