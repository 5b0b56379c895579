"""What a path on a command line is on the target: itself, another one, or nothing."""

from __future__ import annotations

import os.path
import re
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
