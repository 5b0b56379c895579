"""What the log of a build's calls tells afterwards; :mod:`crosswheel.toolchains.wrappers.server` writes it."""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath

from crosswheel.toolchains.command_line import Mode, read_command_line

_SUFFIXES = (".so", ".pyd")


def modules_linked(log: str) -> frozenset[str]:
    """The modules that a build has linked, or tried to: the names of their files up to the first dot.

    :param log: the text; a line ``# cc -shared a.o -o a.so`` is a call as the build made it.
    """
    found = set()
    for line in log.splitlines():
        if not line.startswith("# ") or not any(suffix in line for suffix in _SUFFIXES):
            continue
        try:
            _, *words = shlex.split(line[2:])
        except ValueError:  # a word with a line break in it
            continue
        call = read_command_line(tuple(words))
        if call.mode is Mode.LINK and call.output and call.output.endswith(_SUFFIXES):
            found.add(PurePosixPath(call.output).name.partition(".")[0])
    return frozenset(found)
