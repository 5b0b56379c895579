"""Choosing how the target's Python becomes known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.pythons.prefix import PrefixProvider
from crosswheel.pythons.probe import ProbeProvider
from crosswheel.pythons.windows import WindowsProvider
from crosswheel.targets import PyodideTarget, WindowsTarget

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.pythons.model import TargetPythonProvider
    from crosswheel.targets import Target


def find_provider(host: Host, target: Target, prefix: Path | None) -> TargetPythonProvider:
    """An unpacked target Python where one is given; else the runtime that is the target, or probing."""
    if prefix:
        return PrefixProvider(host, prefix)
    if isinstance(target, PyodideTarget):
        from crosswheel.pythons.runtime import RuntimeProvider  # which knows how runtimes are fetched

        return RuntimeProvider(host)
    if isinstance(target, WindowsTarget):
        return WindowsProvider(host)
    return ProbeProvider(host)
