"""Programs of a target that are started as if they were the build machine's own: by the kernel's binfmt_misc.

A rule names the first bytes of the programs, and the interpreter that runs them.
"""

from __future__ import annotations

import shlex
import tomllib
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from elftools.elf.enums import ENUM_E_MACHINE

from crosswheel.host import machine
from crosswheel.host.files import write_atomic
from crosswheel.platforms import table_row
from crosswheel.runners.select import find_runner
from crosswheel.sealing.model import BinfmtRule
from crosswheel.targets import LinuxTarget

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import Target

HEAD = 64
"""Number of bytes at the start of a file that tell whose program it is."""
_TABLE = "crosswheel/runners/program_formats.toml"
_ARGV0 = "CROSSWHEEL_ARGV0"
_ET_EXEC, _ET_DYN = 2, 3


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(files("crosswheel.runners").joinpath("program_formats.toml").read_text("utf-8"))


def program_format(target: Target) -> tuple[bytes, bytes] | None:
    """Return the first bytes of a target's programs, and a mask of the bits that count.

    :returns: None if the build machine itself runs programs with these bytes: its own are no different.
    :raises UnknownPlatformError: if the table has no row for the target's system or architecture.
    """
    row = table_row(_table()["systems"], target.system.name, _TABLE)
    if isinstance(target, LinuxTarget):
        if target.architecture.name == machine.architecture():
            return None
        fields = _elf_fields(target)
    else:
        machines, name = _table()["machines"].get(target.system.name), target.architecture.name
        fields = {"machine": table_row(machines, name, _TABLE, kind="architecture")} if machines else {}
    magic, mask = (bytes.fromhex(row[key].format_map(fields)) for key in ("magic", "mask"))
    return magic, mask


def _elf_fields(target: LinuxTarget) -> dict[str, str]:
    architecture = target.architecture
    order = architecture.endian

    def half(value: int) -> str:
        return value.to_bytes(2, order).hex()

    return {
        "class": "01" if architecture.bits == 32 else "02",
        "data": "01" if order == "little" else "02",
        "type": half(_ET_EXEC & _ET_DYN),
        "type_mask": half(0xFFFF ^ _ET_EXEC ^ _ET_DYN),
        "machine": half(ENUM_E_MACHINE[architecture.elf_machine]),
    }


def is_program_of(target: Target, head: bytes) -> bool:
    """Whether a file is a program of a target that the build machine does not run itself.

    :param head: the first bytes of the file, :data:`HEAD` at most.
    """
    found = program_format(target)
    if found is None or len(head) < len(found[0]):
        return False
    return all(byte & mask == magic & mask for byte, magic, mask in zip(head, *found, strict=False))


def binfmt_rules(host: Host, target: Target, interpreter: Path | None = None) -> tuple[BinfmtRule, ...]:
    """Return the rules by which the kernel runs programs of a target; none if it runs them anyway.

    :param interpreter: the program that runs them, as :class:`.BinfmtRule` describes; by default a script that calls
        the target's runner, whose files are downloaded if necessary.
    :raises EnvironmentMissingError: if there is no interpreter, and nothing here runs programs of the target.
    """
    found = program_format(target)
    if found is None:
        return ()
    magic, mask = found
    name = f"crosswheel-{target.system.name}-{target.architecture.name}"
    return (BinfmtRule(name, magic, mask, interpreter or write_launcher(host, target)),)


def write_launcher(host: Host, target: Target, directory: Path | None = None) -> Path:
    """Return a script that runs programs of a target, called as an interpreter of binfmt_misc.

    :param directory: see :meth:`Runner.program_prefix`; the script is written there.
    :raises EnvironmentMissingError: if nothing on this machine runs programs of the target.
    """
    prefix = find_runner(host, target)[0].program_prefix(target, _ARGV0, directory)
    command = shlex.join(prefix).replace(_ARGV0, '"$argv0"')
    text = f'#!/bin/sh\nprogram=$1 argv0=$2\nshift 2\nexec {command} "$program" "$@"\n'
    key = sha256(text.encode()).hexdigest()[:12]
    path = (directory or host.cache / "interpreters") / f"run-{key}"
    return path if path.is_file() else write_atomic(path, text, mode=0o755)
