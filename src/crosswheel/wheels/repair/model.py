"""The seam to what is particular about the compiled files of one format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.object_files import Binary
    from crosswheel.targets import Target


class Repairer(Protocol):
    """Puts right what backends leave wrong in compiled files."""

    def __call__(self, host: Host, binaries: Mapping[str, Binary], tree: Path, target: Target) -> Mapping[str, bytes]:
        """The files that change, with what they hold afterwards.

        :param binaries: every compiled file of the wheel, by its path; ``tree`` is where the wheel is unpacked.
        :raises AuditError: when one cannot be put right.
        """
        ...


def leave_unchanged(host: Host, binaries: Mapping[str, Binary], tree: Path, target: Target) -> dict[str, bytes]:  # noqa: ARG001
    """Repair nothing: the :class:`Repairer` of formats in which backends leave nothing wrong."""
    return {}
