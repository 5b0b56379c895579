"""Choosing a toolchain by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.errors import UsageError, suggestion
from crosswheel.toolchains.zig.toolchain import ZigToolchain

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.toolchains.model import Toolchain

NAMES = ("zig",)


def find_toolchain(host: Host, name: str, prefix: Path | None = None) -> Toolchain:  # noqa: ARG001  # gcc's
    """The toolchain called ``name``.

    :raises UsageError: when there is none of that name.
    """
    if name == "zig":
        return ZigToolchain(host)
    raise UsageError(f"unknown toolchain {name!r}", hint=suggestion(name, NAMES) or f"known are {', '.join(NAMES)}")
