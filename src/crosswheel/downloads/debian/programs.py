"""Programs of Debian's packages, started on the build machine with the C library that was unpacked with them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from crosswheel.host.machine import architecture

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class DebianMachine:
    """A row of ``machines.toml``, where each field is explained."""

    debian: str
    loader: str
    libraries: str

    def command(self, root: Path, program: Path) -> tuple[str, ...]:
        """The words that start a program of an unpacked root."""
        return (str(root / self.loader), "--library-path", str(root / self.libraries), str(program))


@cache
def build_machine() -> DebianMachine | None:
    """The row of this machine; None if there is none."""
    text = files("crosswheel.downloads.debian").joinpath("machines.toml").read_text("utf-8")
    row = tomllib.loads(text).get(architecture())
    return DebianMachine(**row) if row else None
