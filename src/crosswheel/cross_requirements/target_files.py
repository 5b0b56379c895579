"""Which files of a wheel belong to its platform and not to the Python that runs there; pure.

Everything but what runs: Python modules, loadable images, the libraries that repair tools put beside them, and the
metadata. What differs between the wheels of two platforms, apart from those, is what a compiler must have right.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from crosswheel.object_files import is_binary, read_binary
from crosswheel.object_files.elf import Elf
from crosswheel.wheels.archive import record_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crosswheel.wheels.archive import WheelContents

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
