"""Choosing the provider of the target's Python."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crosswheel.platforms import load, platform_of
from crosswheel.pythons.c_values import measure_c_values
from crosswheel.pythons.prefix import PrefixProvider

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.pythons.model import BuildPython, CreateProvider, TargetPython, TargetPythonProvider
    from crosswheel.targets import Target
    from crosswheel.toolchains.model import TargetToolchain


def find_provider(host: Host, target: Target, prefix: Path | None) -> TargetPythonProvider:
    """Return the provider of an unpacked target Python, or that of the target's family of platforms.

    :param prefix: the unpacked Python, None if there is none.
    :raises UnknownPlatformError: if the family is not known.
    """
    create: CreateProvider = load(platform_of(target).python_provider)
    return PrefixProvider(host, prefix) if prefix else create(host)


def find_target_python(
    host: Host, build_python: BuildPython, toolchain: TargetToolchain, prefix: Path | None
) -> TargetPython:
    """Return the target's Python of the build Python's version, with the values of C types and constants.

    :param prefix: see :func:`find_provider`.
    :raises EnvironmentMissingError: if the facts cannot be determined.
    """
    provider = find_provider(host, toolchain.target, prefix)
    python = provider.target_python(toolchain.target, build_python, toolchain)
    return replace(python, c_values=measure_c_values(host, toolchain, python.include))
