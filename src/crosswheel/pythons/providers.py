"""Choosing the provider of the target's Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.platforms import load, platform_of
from crosswheel.pythons.prefix import PrefixProvider

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.pythons.model import CreateProvider, TargetPythonProvider
    from crosswheel.targets import Target


def find_provider(host: Host, target: Target, prefix: Path | None) -> TargetPythonProvider:
    """Return the provider of an unpacked target Python, or that of the target's family of platforms.

    :param prefix: the unpacked Python, None if there is none.
    :raises UnknownPlatformError: if the family is not known.
    """
    create: CreateProvider = load(platform_of(target).python_provider)
    return PrefixProvider(host, prefix) if prefix else create(host)
