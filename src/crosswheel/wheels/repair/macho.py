"""Mach-O files: nothing is changed in them, since that would end their signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.errors import AuditError
from crosswheel.wheels.libraries import is_of_system

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.binaries import Binary
    from crosswheel.host import Host
    from crosswheel.targets import Target


def check_macho(host: Host, binaries: Mapping[str, Binary], tree: Path, target: Target) -> dict[str, bytes]:  # noqa: ARG001
    """See :class:`crosswheel.wheels.repair.model.Mender`.

    Libraries are not copied in: there are none for the target but the system's. One that is neither that nor in the
    wheel is refused.
    """
    inside = {path.rsplit("/", 1)[-1] for path in binaries}
    for path, binary in binaries.items():
        strangers = [n for n in binary.needed if not is_of_system(n) and n.rsplit("/", 1)[-1] not in inside]
        if strangers:
            raise AuditError(
                f"{path} needs {', '.join(strangers)}, which {target} does not promise and the wheel does not carry",
                hint="link it statically, or build the library for the target first",
            )
    return {}
