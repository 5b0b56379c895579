"""Comparing wheels of several platforms, without any I/O.

The target's files of a wheel are those that compilers and linkers read: all but Python modules, loadable object files,
the libraries that repair tools put beside them, and the metadata. Where no wheel for the target exists, wheels of other
platforms can show that those files are the same everywhere.
"""

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
    """Return the traits of a target."""
    architecture = target.architecture
    family = platform_of(target).family
    return family, target.libc_version[0], architecture.machine, architecture.bits, architecture.endian


def traits_of_tags(platforms: Iterable[str]) -> set[PlatformTraits]:
    """Return the traits of the platforms of wheel tags; unknown platforms are ignored."""
    return {platform_traits(target) for tag in platforms if (target := target_from_tag(tag)) is not None}


def comparable_wheels(
    build_machine: PlatformTraits, target: PlatformTraits, wheels: Sequence[set[PlatformTraits]]
) -> tuple[int, ...]:
    """Select wheels of other platforms to compare with the build machine's.

    If a file depends on a trait in which the target differs from the build machine, it differs in a wheel of another
    platform that also differs from the build machine in that trait.

    :param wheels: the traits of each wheel's platforms.
    :returns: indices of as few wheels as possible that together differ in all traits that the target differs in; empty
        if there are no such traits, or no such wheels.
    """
    remaining = {index for index, (here, there) in enumerate(zip(build_machine, target, strict=True)) if here != there}
    selected: list[int] = []
    while remaining:
        covered = [
            {index for index in remaining if all(traits[index] != build_machine[index] for traits in platforms)}
            for platforms in wheels
        ]
        similarity = [sum(map(eq, min(platforms, default=build_machine), target)) for platforms in wheels]
        best = max(range(len(wheels)), key=lambda index: (len(covered[index]), similarity[index]), default=None)
        if best is None or not wheels[best] or not covered[best]:
            return ()
        selected.append(best)
        remaining -= covered[best]
    return tuple(selected)


_PYTHON_SUFFIXES = frozenset({".py", ".pyi", ".pyc"})
_PE = b"MZ"


@dataclass(frozen=True, slots=True)
class OverlayPatterns:
    """Exceptions from the rule which files are the target's: glob patterns of paths below site-packages.

    :param add: files that are included although the rule excludes them, such as a shared library that others link.
    :param forbid: files that are excluded.
    """

    add: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()

    def adds(self, path: str) -> bool:
        """Return whether a pattern of ``add`` matches a file.

        :param path: relative to the environment.
        """
        return self._matches(self.add, path)

    def forbids(self, path: str) -> bool:
        """Return whether a pattern of ``forbid`` matches a file; see :meth:`adds`."""
        return self._matches(self.forbid, path)

    @staticmethod
    def _matches(patterns: tuple[str, ...], path: str) -> bool:
        relative = path.rpartition("/site-packages/")[2]
        return any(fnmatchcase(relative, pattern) for pattern in patterns)


def is_excluded(path: str) -> bool:
    """Return whether a path is a Python module, metadata, or a library that a repair tool added, and so excluded."""
    parts = PurePosixPath(path)
    in_excluded = any(part.endswith((".dist-info", ".libs")) or part == ".dylibs" for part in parts.parts[:-1])
    return in_excluded or parts.suffix in _PYTHON_SUFFIXES or parts.parts[0] == "bin"


def is_loadable(data: bytes) -> bool:
    """Return whether a file is a program or shared library, and not an object file or archive to link."""
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
    """Return the target's files of a wheel, by their paths relative to the environment that it would be installed in.

    :param site_packages: relative to the environment.
    :param headers: the directory of all packages' headers, relative to the environment.
    :param patterns: exceptions from the rule.
    """
    selected = {}
    for path, data in contents.files.items():
        installed = _installed_path(path, contents, site_packages, headers)
        if installed is None or patterns.forbids(installed):
            continue
        if patterns.adds(installed) or not (is_excluded(installed) or is_loadable(data)):
            selected[installed] = data
    return selected


def _installed_path(path: str, contents: WheelContents, site_packages: str, headers: str) -> str | None:
    """Return where a file of a wheel is installed (PEP 427), or None for scripts."""
    first, _, rest = path.partition("/")
    if not first.endswith(".data"):
        return f"{site_packages}/{path}"
    scheme, _, inner = rest.partition("/")
    project = contents.name.prefix.partition("-")[0]
    paths = {
        "purelib": f"{site_packages}/{inner}",
        "platlib": f"{site_packages}/{inner}",
        "headers": f"{headers}/{project}/{inner}",
        "data": inner,
    }
    return paths.get(scheme)


def first_difference(
    files: Mapping[str, bytes], recorded: Mapping[str, str], read: Callable[[str], bytes | None]
) -> str | None:
    """Return the first file whose installed content differs, or None; line endings are ignored.

    :param files: the target's files, by path.
    :param recorded: hashes of the installed files as in RECORD, by path.
    :param read: returns the content of an installed file, or None if there is no such file.
    """
    for path, data in sorted(files.items()):
        if recorded.get(path) == record_hash(data):
            continue
        here = read(path) if path in recorded else None
        if here is None or here.replace(b"\r\n", b"\n") != data.replace(b"\r\n", b"\n"):
            return path
    return None
