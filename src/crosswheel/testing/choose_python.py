"""Choosing what a wheel is tested on: the target that its name is for, and a Python that is available for it here."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from packaging.tags import compatible_tags, cpython_tags

from crosswheel.errors import UsageError
from crosswheel.pythons.discovery import supported_versions
from crosswheel.runners.select import can_test, find_runner
from crosswheel.targets import PythonVersion, target_from_tag

if TYPE_CHECKING:
    from crosswheel.host import Host
    from crosswheel.targets import Target
    from crosswheel.wheels.archive import WheelName


def target_of_wheel(name: WheelName, native: Target) -> Target:
    """Return the target of a wheel; pure wheels are tested on this machine.

    :raises UsageError: if its platform is unknown.
    """
    if name.is_pure:
        return native
    targets = [target for tag in name.platforms if (target := target_from_tag(tag))]
    if not targets:
        raise UsageError(f"cannot run wheels for {', '.join(name.platforms)}", where=name)
    return min(targets, key=lambda target: target.version)


def supports_python(name: WheelName, version: PythonVersion) -> bool:
    """Return whether a Python installs a wheel, by the Python and ABI tags of its name."""
    release, platforms = (3, version.minor), ["any"]
    tags = chain(
        cpython_tags(release, abis=[version.abi], platforms=platforms),
        compatible_tags(release, interpreter=version.interpreter, platforms=platforms),
    )
    return not {(tag.interpreter, tag.abi) for tag in tags}.isdisjoint(
        (python, abi) for python in name.pythons for abi in name.abis
    )


def python_for_wheel(
    host: Host, name: WheelName, target: Target, requested: PythonVersion | None = None
) -> PythonVersion:
    """Return the Python to test a wheel with.

    That is the newest that the wheel supports and this machine can run, since wheels for the stable ABI and pure ones
    work with every later Python. If it can run none, the newest that the wheel supports.

    :param requested: the Python that the user chose; None for none.
    :raises UsageError: if the wheel does not support the requested Python, or none that crosswheel supports.
    """
    versions = supported_versions()
    usable = [version for version in versions if supports_python(name, version)]
    if not usable:
        raise UsageError(
            f"the wheel is for {'.'.join(name.pythons)}-{'.'.join(name.abis)}: no CPython that crosswheel supports",
            where=name,
            hint=f"supported are {versions[0]} to {versions[-1].feature}",
        )
    if requested is not None:
        if requested not in usable:
            raise UsageError(
                f"the wheel does not support Python {requested}",
                where=name,
                hint=f"it supports {', '.join(map(str, usable))}",
            )
        return requested
    ordered = sorted(usable, key=lambda version: (version.freethreaded, -version.minor))
    ready = (version for version in ordered if can_test(host, target, version))
    possible = (version for version in ordered if find_runner(host, target, version)[1].available)
    return next(chain(ready, possible, ordered))
