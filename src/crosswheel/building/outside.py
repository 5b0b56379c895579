"""Files outside of the source that a build reads, since its options name them: their paths, and their content."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.errors import SourceError
from crosswheel.sealing.system import is_system_path
from crosswheel.sources.tree import read_outside

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crosswheel.building.options import BuildOptions

# An absolute path in a value: at its start, after a separator, after an option's letters (-I/dir), in file:///dir.
_PATH = re.compile(r"(?:^|[\s:;,=\"'(]|(?<![\w/])-[A-Za-z]+|file://)(/[^\s:;,\"'()]+)")
_OUTPUT = re.compile(r"CACHE|^TE?MP|^HOME$|LOG(?:S|_?FILE|_?DIR)?$")
"""Names of variables for directories that programs write to; what is in them is no input."""


def named_paths(values: Iterable[str]) -> tuple[Path, ...]:
    """Return the existing files and directories that are named by their absolute paths in values of options.

    Parts of the machine's system, such as ``/usr/include``, are left out, and so are paths in others of them.
    """
    found = {path.resolve() for path in named_locations(values)}
    found = {path for path in found if not is_system_path(path)}
    return tuple(sorted(path for path in found if not any(other in found for other in path.parents)))


def named_locations(values: Iterable[str]) -> tuple[Path, ...]:
    """Return the existing files and directories that values of options name, as they name them."""
    return tuple(sorted({path for value in values for path in _paths_in(value)}))


def _paths_in(value: str) -> Iterator[Path]:
    for text in (value.strip(), *_PATH.findall(value)):
        try:
            path = Path(text)
            # Not a device such as /dev/null.
            if path.is_absolute() and (path.is_file() or path.is_dir()):
                yield path
        except (OSError, ValueError):  # too long for a path, or with a NUL
            continue


def values_naming_paths(options: BuildOptions) -> tuple[str, ...]:
    """Return the values of options that builds look for paths in."""
    return (
        *(value for name, value in options.environment.items() if not _OUTPUT.search(name)),
        *(value for values in options.config_settings.values() for value in values),
        *options.cflags, *options.cxxflags, *options.ldflags,
        *options.before_build, options.prepare, options.before_backend, options.after_build,
    )  # fmt: skip


def outside_digests(paths: Iterable[Path]) -> tuple[str, ...] | None:
    """Return the digests of files and directories; None if one is too large to be read, or cannot be read.

    Links are followed as in source directories.
    """
    digests = []
    for path in paths:
        try:
            tree = read_outside(path)
        except SourceError:
            return None
        if tree.unread:
            return None
        digests.append(tree.digest)
    return tuple(digests)
