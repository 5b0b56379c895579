"""The Python API, which the command line only wraps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.building.model import BuildOptions, WheelResult
from crosswheel.host import Host

if TYPE_CHECKING:
    from collections.abc import Sequence


def build(
    sources: Sequence[str],
    *,
    targets: Sequence[str] = ("native",),
    pythons: Sequence[str] = (),
    options: BuildOptions | None = None,
    host: Host | None = None,
) -> tuple[WheelResult, ...]:
    """Build wheels of every source for every target and every Python, in parallel.

    :param sources: requirements, sdists, directories or VCS URLs, as ``pip wheel`` takes them.
    :param targets: platform tags or aliases; see ``crosswheel targets``.
    :param pythons: versions such as ``3.13`` or ``3.13t``; the one crosswheel runs on if none is given.
    :returns: one result per combination, in the order of the arguments. A build that fails is a result with
        an error, not an exception.
    :raises UsageError: when a target, a Python or an option does not exist.
    """
    raise NotImplementedError
