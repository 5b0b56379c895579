"""Programs that a wheel ships, where the kernel has no rule to run them: scripts take their places for a test.

An emulator passes the calls by which an emulated Python starts a program on to the kernel of the build machine.
"""

from __future__ import annotations

import io
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from crosswheel.host.files import write_atomic
from crosswheel.runners.binfmt import HEAD, is_program_of
from crosswheel.runners.select import find_runner
from crosswheel.targets import LinuxTarget

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crosswheel.host import Host
    from crosswheel.targets import Target

_ARGV0 = "CROSSWHEEL_ARGV0"
_DF_1_PIE = 0x08000000


def find_programs(target: Target, directory: Path) -> tuple[Path, ...]:
    """Return the programs of a target in an environment that the build machine does not run itself."""
    return tuple(_programs(directory, target))


def replace_programs(host: Host, target: Target, programs: Iterable[Path]) -> None:
    """Replace programs in an environment by scripts that run them.

    Only for Linux: wine starts programs itself, and Pyodide none. The programs themselves stay beside the scripts.

    :param programs: from an environment that is used for one test only.
    :raises EnvironmentMissingError: if nothing on this machine runs programs of the target.
    """
    if not isinstance(target, LinuxTarget):
        return
    prefix = find_runner(host, target)[0].program_prefix(target, _ARGV0)
    command = shlex.join(prefix).replace(_ARGV0, '"$0"')
    for program in programs:
        original = program.with_name(f".{program.name}.{target.architecture.name}")
        program.rename(original)
        write_atomic(program, f'#!/bin/sh\nexec {command} {shlex.quote(str(original))} "$@"\n', mode=0o755)


def _programs(directory: Path, target: Target) -> Iterator[Path]:
    is_elf = isinstance(target, LinuxTarget)
    for parent, _, names in os.walk(directory):
        for name in names:
            path = Path(parent, name)
            if path.is_symlink() or not os.access(path, os.X_OK):
                continue
            with path.open("rb") as stream:
                head = stream.read(HEAD)
            if is_program_of(target, head) and (not is_elf or _is_executable(path.read_bytes())):
                yield path


def _is_executable(data: bytes) -> bool:
    """Whether an ELF file is a program, not a library: it has a fixed address, an interpreter, or the flag of a PIE."""
    try:
        elf = ELFFile(io.BytesIO(data))
        segments: dict[str, Any] = {each.header.p_type: each for each in elf.iter_segments()}
        if elf.header.e_type == "ET_EXEC" or "PT_INTERP" in segments:
            return True
        tags = segments["PT_DYNAMIC"].iter_tags("DT_FLAGS_1") if "PT_DYNAMIC" in segments else ()
        return any(tag.entry.d_val & _DF_1_PIE for tag in tags)
    except (ELFError, ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError):
        return False
