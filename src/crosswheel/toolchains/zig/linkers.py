"""lld as programs of their own, for clang to start: zig has them as subcommands."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from crosswheel.host.files import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.toolchains.zig.model import ZigProgram


def linker_program(host: Host, zig: ZigProgram, name: str) -> Path:
    """A program that is one of zig's linkers, kept apart for each installed zig.

    :param name: ``ld.lld`` or ``wasm-ld``.
    """
    place = sha256(str(zig.executable).encode()).hexdigest()[:12]
    program = host.cache / "toolchains" / "linkers" / place / name
    if not program.is_file():
        write_atomic(program, f"#!/bin/sh\nexec '{zig.executable}' {name} \"$@\"\n", mode=0o755)
    return program
