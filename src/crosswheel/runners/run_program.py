"""Run a program of the target: the exe wrapper of Meson, CMake and others for run checks.

``python -m crosswheel.runners.run_program TARGET PROGRAM [ARGUMENT…]``; programs of the build machine run natively.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from crosswheel.host import Host
from crosswheel.object_files import read_binary
from crosswheel.object_files.mismatch import mismatch
from crosswheel.runners.select import find_runner
from crosswheel.targets import target_from_tag


def main(arguments: list[str]) -> None:
    """Replace this process by the program, emulated if it is the target's.

    :raises SystemExit: if the arguments are invalid.
    """
    target = target_from_tag(arguments[0]) if len(arguments) > 1 else None
    if target is None:
        raise SystemExit(__doc__)
    program = Path(arguments[1])
    binary = read_binary(program.read_bytes()) if program.is_file() else None
    foreign = binary is not None and mismatch(binary, target) is None
    prefix = find_runner(Host.detect(), target)[0].program_prefix(target) if foreign else ()
    command = [*prefix, *arguments[1:]]
    os.execvp(command[0], command)  # noqa: S606  # this process becomes the program


if __name__ == "__main__":
    main(sys.argv[1:])
