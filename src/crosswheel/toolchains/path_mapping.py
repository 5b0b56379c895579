"""What a path on a command line is on the target: itself, another one, or nothing."""

from __future__ import annotations

import os.path
import re
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crosswheel.toolchains.model import CallSettings, Overlaid

_LINKED = re.compile(r"\.(?:a|o|obj|lo|lib|dylib|dll)$|\.so(?:\.[\d.]+)?$")
"""How the names of files end that are linked rather than read."""


class Use(Enum):
    """What a command line wants of a path."""

    HEADERS = auto()
    LIBRARIES = auto()
    INPUT = auto()
    RUN_PATH = auto()


def on_target(path: str, use: Use, settings: CallSettings, directory: str) -> str | None:
    """The path to use on the target; None if it means something on the build machine only.

    :param directory: where the call was made, from which relative paths begin.
    """
    if path == "-":
        return path
    absolute = os.path.normpath(os.path.join(directory, path))  # noqa: PTH118  # Path() would cost 10 µs each
    for prefix, replacement in settings.mapped:
        if under(absolute, prefix):
            return replacement + absolute[len(prefix) :]
    overlaid = settings.overlaid
    if overlaid is not None and (inner := inside(absolute, overlaid)) is not None:
        return _in_environment(path, inner, use, overlaid)
    if any(under(absolute, prefix) for prefix in settings.kept):
        return path
    if any(under(absolute, prefix) for prefix in settings.removed):
        return None
    return path


def inside(absolute: str, overlaid: Overlaid) -> str | None:
    """A path relative to the build environment, ``""`` for itself; None for a path elsewhere."""
    for prefix in overlaid.prefixes:
        if under(absolute, prefix):
            return absolute[len(prefix) :].lstrip("/")
    return None


def _in_environment(path: str, inner: str, use: Use, overlaid: Overlaid) -> str | None:
    """What becomes of a path into the build environment, whose programs and libraries are the build machine's.

    What only a compiler reads may serve where the target has nothing of its own: it is the same there.
    """
    if use is Use.RUN_PATH:
        return None
    if inner in overlaid.paths:
        return f"{overlaid.root}/{inner}".rstrip("/")
    if use is Use.LIBRARIES or (use is Use.INPUT and is_linked(inner)):
        return None
    return path


def is_linked(name: str) -> bool:
    """Whether a file, by its name, is an object or a library."""
    return _LINKED.search(name) is not None


def under(path: str, directory: str) -> bool:
    """Whether a path is a directory or lies in it."""
    return path == directory or path.startswith(directory.rstrip("/") + "/")
