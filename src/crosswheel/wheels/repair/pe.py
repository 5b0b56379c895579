"""PE files: nothing is changed in them. The linker leaves neither paths nor times."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from crosswheel.platforms import target_as
from crosswheel.targets import WindowsTarget
from crosswheel.wheels.repair.external_libraries import reject_external_libraries
from crosswheel.wheels.system_libraries import is_windows_library

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.object_files import Binary
    from crosswheel.targets import Target


def check_pe(host: Host, binaries: Mapping[str, Binary], tree: Path, target: Target) -> dict[str, bytes]:  # noqa: ARG001
    """See :class:`crosswheel.wheels.repair.model.Repairer`.

    DLLs are not copied in: there are none for the target but Windows' own. One that is neither that, nor Python's, nor
    in the wheel is refused.
    """
    target = target_as(target, WindowsTarget, "the repair of PE files")
    reject_external_libraries(binaries, target, partial(is_windows_library, target=target))
    return {}
