"""The packages installed in an environment, from the metadata that installers write (PEP 376, PEP 427)."""

from __future__ import annotations

import csv
import posixpath
from dataclasses import dataclass
from email.parser import HeaderParser
from hashlib import sha256
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from crosswheel.cross_requirements.comparison import is_excluded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# Files that compilers, linkers, Cython or build systems read. The wheels of packages without any are not compared.
_INPUT_SUFFIXES = frozenset(
    ".h .hh .hpp .hxx .h++ .inc .inl .ipp .tcc .tpp .cuh .c .cc .cpp .cxx .pxd .pxi .pyx .pc .cmake .a .o .obj .lib"
    " .f .f90 .mod .ld .def .ini".split()
)
_LINK_SUFFIXES = frozenset(".a .o .obj .lib".split())
_BINARY_SUFFIXES = _LINK_SUFFIXES | frozenset(".so .dylib .dll .pyd".split())


@dataclass(frozen=True, slots=True)
class InstalledPackage:
    """An installed distribution.

    :param platforms: the platform tags of its wheel; ``("any",)`` for a pure one.
    :param files: hashes as in RECORD, by paths relative to the environment; an empty string if RECORD has no hash.
    """

    name: str
    version: str
    platforms: tuple[str, ...]
    files: Mapping[str, str]

    @property
    def may_have_target_files(self) -> bool:
        """Whether it may contain platform-dependent files that compilers read. This is a quick check of names only.

        A distribution without extension modules and libraries is a program with its own data, such as cmake or ninja.
        """
        if self.platforms == ("any",):
            return False
        suffixes = {PurePosixPath(path).suffix for path in self.files}
        return bool(suffixes & _BINARY_SUFFIXES) and any(
            PurePosixPath(path).suffix in _INPUT_SUFFIXES for path in self.target_files
        )

    @property
    def target_files(self) -> dict[str, str]:
        """The files whose names do not exclude them from the target's files."""
        return {path: digest for path, digest in self.files.items() if not is_excluded(path)}

    @property
    def has_static_libraries(self) -> bool:
        """Whether it contains machine code to link, which cannot be the same in another platform's wheel."""
        return any(PurePosixPath(path).suffix in _LINK_SUFFIXES for path in self.target_files)

    @property
    def digest(self) -> str:
        """A hash of the files that compilers may read, to distinguish builds of one version."""
        return sha256(repr(sorted(self.target_files.items())).encode()).hexdigest()


def installed_packages(environment: Path, site_packages: Path) -> Iterator[InstalledPackage]:
    """Yield the distributions that are installed in an environment, sorted by directory name.

    :param site_packages: its site-packages directory.
    """
    base = site_packages.relative_to(environment).as_posix()
    for info in sorted(site_packages.glob("*.dist-info")):
        if (info / "WHEEL").is_file() and (info / "RECORD").is_file():
            yield _read(info, base)


def _read(info: Path, base: str) -> InstalledPackage:
    metadata = HeaderParser().parsestr((info / "METADATA").read_text("utf-8", "replace"))
    wheel = HeaderParser().parsestr((info / "WHEEL").read_text("utf-8", "replace"))
    platforms = {str(tag).rpartition("-")[2] for tag in wheel.get_all("Tag", ())}
    files = {}
    with (info / "RECORD").open(encoding="utf-8", newline="") as stream:
        for row in csv.reader(stream):
            path = posixpath.normpath(posixpath.join(base, row[0])) if row else ".."
            if not path.startswith(("..", "/")):
                files[path] = row[1] if len(row) > 1 else ""
    name = canonicalize_name(str(metadata["Name"]))
    return InstalledPackage(name, str(metadata["Version"]), tuple(sorted(platforms)) or ("any",), files)
