"""Mach-O files: nothing is changed in them, since that would end their signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.wheels.repair.external_libraries import refuse_strangers
from crosswheel.wheels.system_libraries import is_of_system

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.object_files import Binary
    from crosswheel.targets import Target


def check_macho(host: Host, binaries: Mapping[str, Binary], tree: Path, target: Target) -> dict[str, bytes]:  # noqa: ARG001
    """See :class:`crosswheel.wheels.repair.model.Mender`.

    Libraries are not copied in: there are none for the target but the system's. One that is neither that nor in the
    wheel is refused.
    """
    refuse_strangers(binaries, target, is_of_system)
    return {}
