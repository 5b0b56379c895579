"""Which wheels of other platforms show that a package has the same files on a target it has no wheel for; pure."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from operator import eq
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from crosswheel.object_files import is_binary, read_binary
from crosswheel.object_files.elf import Elf
from crosswheel.platforms import platform_of
from crosswheel.targets import target_from_tag
from crosswheel.wheels.archive import record_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from crosswheel.targets import Target
    from crosswheel.wheels.archive import WheelContents

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


_RUN = frozenset({".py", ".pyi", ".pyc"})
_PE = b"MZ"


@dataclass(frozen=True, slots=True)
class OverlayPatterns:
    """Exceptions from the rule: patterns over paths of files below site-packages.

    :param add: files that belong to the target all the same, a library that others link; ``forbid`` those that do not.
    """

    add: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()

    def adds(self, place: str) -> bool:
        """Whether a file, by its path in an environment, belongs to the target whatever the rule says."""
        return self._any(self.add, place)

    def forbids(self, place: str) -> bool:
        """Whether it does not, whatever the rule says."""
        return self._any(self.forbid, place)

    @staticmethod
    def _any(patterns: tuple[str, ...], place: str) -> bool:
        inner = place.rpartition("/site-packages/")[2]
        return any(fnmatchcase(inner, pattern) for pattern in patterns)


def is_excluded(path: str) -> bool:
    """Whether a file is left out for its name: a Python module, metadata, a library that was put beside modules."""
    parts = PurePosixPath(path)
    inner = any(part.endswith((".dist-info", ".libs")) or part == ".dylibs" for part in parts.parts[:-1])
    return inner or parts.suffix in _RUN or parts.parts[0] == "bin"


def is_loadable(data: bytes) -> bool:
    """Whether a file is a program or a library, rather than an object that is linked into one."""
    if data.startswith(_PE):
        return True
    if not is_binary(data):
        return False
    binary = read_binary(data)
    return not (isinstance(binary, Elf) and binary.kind == "ET_REL")


def target_files(
    contents: WheelContents,
    site_packages: str,
    headers: str,
    patterns: OverlayPatterns = OverlayPatterns(),  # frozen
) -> dict[str, bytes]:
    """The files of a wheel that belong to its platform, by their paths in an environment it is installed in.

    :param site_packages: relative to the environment, as ``headers``, the directory for those of all packages.
    """
    found = {}
    for path, data in contents.files.items():
        place = _place(path, contents, site_packages, headers)
        if place is None or patterns.forbids(place):
            continue
        if patterns.adds(place) or not (is_excluded(place) or is_loadable(data)):
            found[place] = data
    return found


def _place(path: str, contents: WheelContents, site_packages: str, headers: str) -> str | None:
    """Where a file of a wheel is installed (PEP 427), None for scripts."""
    first, _, rest = path.partition("/")
    if not first.endswith(".data"):
        return f"{site_packages}/{path}"
    scheme, _, inner = rest.partition("/")
    project = contents.name.prefix.partition("-")[0]
    places = {
        "purelib": f"{site_packages}/{inner}",
        "platlib": f"{site_packages}/{inner}",
        "headers": f"{headers}/{project}/{inner}",
        "data": inner,
    }
    return places.get(scheme)


def first_difference(
    side: Mapping[str, bytes], recorded: Mapping[str, str], read: Callable[[str], bytes | None]
) -> str | None:
    """The first file that is not on the build machine as it is on the target; None if all are. Ends of lines count not.

    :param recorded: hashes as in RECORD of what is installed, by path.
    :param read: what is installed at a path, None if nothing is.
    """
    for path, data in sorted(side.items()):
        if recorded.get(path) == record_hash(data):
            continue
        here = read(path) if path in recorded else None
        if here is None or here.replace(b"\r\n", b"\n") != data.replace(b"\r\n", b"\n"):
            return path
    return None
