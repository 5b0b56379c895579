"""Which wheels of other platforms show that a package has the same files on a target it has no wheel for; pure."""

from __future__ import annotations

from operator import eq
from typing import TYPE_CHECKING

from crosswheel.platforms import platform_of
from crosswheel.targets import target_from_tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crosswheel.targets import Target

PlatformTraits = tuple[str, str, str, int, str]
"""What may change a generated header: platform family, C library, machine, pointer size in bits, byte order."""


def platform_traits(target: Target) -> PlatformTraits:
    """Those of a target."""
    architecture = target.architecture
    family = platform_of(target).family
    return family, target.libc_version[0], architecture.machine, architecture.bits, architecture.endian


def traits_of_tags(platforms: Iterable[str]) -> set[PlatformTraits]:
    """Those of the platforms that tags name, as far as they are known."""
    return {platform_traits(target) for tag in platforms if (target := target_from_tag(tag)) is not None}


def comparable_wheels(
    own: PlatformTraits, wanted: PlatformTraits, others: Sequence[set[PlatformTraits]]
) -> tuple[int, ...]:
    """Which wheels to compare with the build machine's, by their places among the others.

    If a file depended on something in which the target differs from the build machine, a wheel that differs from the
    build machine in the same thing would show it.

    :param others: the traits of each wheel's platforms.
    :returns: as few as will do; none if there is nothing in which the target differs, or no wheel that differs in it.
    """
    open_points = {at for at, (here, there) in enumerate(zip(own, wanted, strict=True)) if here != there}
    chosen: list[int] = []
    while open_points:
        covered = [{at for at in open_points if all(found[at] != own[at] for found in kinds)} for kinds in others]
        nearest = [sum(map(eq, min(kinds, default=own), wanted)) for kinds in others]
        best = max(range(len(others)), key=lambda place: (len(covered[place]), nearest[place]), default=None)
        if best is None or not others[best] or not covered[best]:
            return ()
        chosen.append(best)
        open_points -= covered[best]
    return tuple(chosen)
