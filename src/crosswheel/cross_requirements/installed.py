"""What is installed in an environment, by the records that installers leave (PEP 376, PEP 427)."""

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

# What a compiler, Cython or a build system reads. A package without any such file needs no look at its wheels.
_READ = frozenset(
    ".h .hh .hpp .hxx .h++ .inc .inl .ipp .tcc .tpp .cuh .c .cc .cpp .cxx .pxd .pxi .pyx .pc .cmake .a .o .obj .lib"
    " .f .f90 .mod .ld .def .ini".split()
)
_STATIC = frozenset(".a .o .obj .lib".split())
_LINKED = _STATIC | frozenset(".so .dylib .dll .pyd".split())


@dataclass(frozen=True, slots=True)
class InstalledPackage:
    """A distribution as it is installed.

    :param platforms: the platform tags of its wheel; ``("any",)`` for a pure one.
    :param files: hashes as in RECORD, by paths relative to the environment; empty where RECORD has none.
    """

    name: str
    version: str
    platforms: tuple[str, ...]
    files: Mapping[str, str]

    @property
    def may_have_target_files(self) -> bool:
        """Whether it may hold what depends on the platform and is read by compilers; cheap, and on the safe side.

        One without modules and libraries of its own is a program (cmake, ninja, ruff), which brings its own data.
        """
        if self.platforms == ("any",):
            return False
        suffixes = {PurePosixPath(path).suffix for path in self.files}
        return bool(suffixes & _LINKED) and any(PurePosixPath(path).suffix in _READ for path in self.target_files)

    @property
    def target_files(self) -> dict[str, str]:
        """Those of its files that the rule does not take out for their names."""
        return {path: digest for path, digest in self.files.items() if not is_excluded(path)}

    @property
    def has_static_libraries(self) -> bool:
        """Whether it holds code of one machine that others link, so that no other platform's wheel has the same."""
        return any(PurePosixPath(path).suffix in _STATIC for path in self.target_files)

    @property
    def digest(self) -> str:
        """What tells it from other builds of the same version, as far as compilers can see."""
        return sha256(repr(sorted(self.target_files.items())).encode()).hexdigest()


def installed_packages(environment: Path, site_packages: Path) -> Iterator[InstalledPackage]:
    """Every distribution in an environment, in order of names.

    :param site_packages: where they lie in it.
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
