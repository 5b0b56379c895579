"""Select a toolchain by name; only the selected one is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.errors import UsageError, suggestion

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.toolchains.model import Toolchain

NAMES = ("zig", "gcc", "emcc")


def find_toolchain(host: Host, name: str, prefix: Path | None = None, sdk: Path | None = None) -> Toolchain:
    """Return the toolchain called ``name``.

    :param prefix: the directory of an installed toolchain; None to search PATH.
    :param sdk: the directory of Apple's SDK, for macOS targets that need more than zig includes.
    :raises UsageError: if there is no toolchain of that name.
    """
    if name == "zig":
        from crosswheel.toolchains.zig.toolchain import ZigToolchain

        return ZigToolchain(host, sdk)
    if name == "gcc":
        from crosswheel.toolchains.gcc.toolchain import GccToolchain

        return GccToolchain(host, prefix)
    if name == "emcc":
        from crosswheel.toolchains.emcc.toolchain import EmccToolchain

        return EmccToolchain(host, prefix)
    raise UsageError(f"unknown toolchain {name!r}", hint=suggestion(name, NAMES) or f"known are {', '.join(NAMES)}")
