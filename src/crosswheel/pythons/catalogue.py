"""Choosing how the target's Python becomes known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.pythons.prefix import PrefixProvider
from crosswheel.pythons.probe import ProbeProvider

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.pythons.model import TargetPythonProvider


def find_provider(host: Host, prefix: Path | None) -> TargetPythonProvider:
    """An unpacked target Python where one is given, else probing with the toolchain."""
    return PrefixProvider(host, prefix) if prefix else ProbeProvider(host)
