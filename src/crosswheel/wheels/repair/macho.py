"""Mach-O files: nothing is changed in them, since that would end their signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.platforms import target_as
from crosswheel.targets import MacosTarget
from crosswheel.wheels.repair.external_libraries import reject_external_libraries
from crosswheel.wheels.system_libraries import is_macos_library

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.object_files import Binary
    from crosswheel.targets import Target


def check_macho(host: Host, binaries: Mapping[str, Binary], tree: Path, target: Target) -> dict[str, bytes]:  # noqa: ARG001
    """See :class:`crosswheel.wheels.repair.model.Repairer`.

    Libraries are not copied in: there are none for the target but the system's. One that is neither that nor in the
    wheel is refused.
    """
    target = target_as(target, MacosTarget, "the repair of Mach-O files")
    reject_external_libraries(binaries, target, is_macos_library)
    return {}
