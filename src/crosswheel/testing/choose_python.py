"""Which target and which Python a wheel is tested on, going by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.errors import UsageError
from crosswheel.pythons.discovery import supported_versions
from crosswheel.runners.select import find_runner
from crosswheel.targets import PythonVersion, target_from_tag

if TYPE_CHECKING:
    from crosswheel.host import Host
    from crosswheel.targets import Target
    from crosswheel.wheels.archive import WheelName


def target_of_wheel(name: WheelName, native: Target) -> Target:
    """The target of a wheel; pure ones are tested on this machine.

    :raises UsageError: when it is for a system that is not known.
    """
    if name.is_pure:
        return native
    targets = [target for tag in name.platforms if (target := target_from_tag(tag))]
    if not targets:
        raise UsageError(f"cannot run wheels for {', '.join(name.platforms)}", where=name)
    return min(targets, key=lambda target: target.version)


def python_for_wheel(host: Host, name: WheelName, target: Target, preferred: PythonVersion) -> PythonVersion:
    """The Python that a wheel is tested with: its own, or for one that runs on several the preferred one.

    Where the target has no Python of the preferred version, the oldest one that it has and the wheel supports.

    :raises UsageError: when the wheel is for a Python that is not supported.
    """
    if "abi3" not in name.abis and name.abis != ("none",):
        return PythonVersion.parse(name.abis[0])
    minimum_versions = [PythonVersion.parse(tag) for tag in name.pythons if tag.startswith("cp3")]
    oldest = min(minimum_versions, default=PythonVersion(0))
    usable = [version for version in supported_versions() if version >= oldest and not version.freethreaded]
    if preferred in usable:
        usable = [preferred, *usable]
    return next((v for v in usable if find_runner(host, target, v)[1].available), preferred)
