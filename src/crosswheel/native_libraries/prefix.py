"""Directories of finished libraries, laid together for those who build with them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.host.trees import merge_tree
from crosswheel.toolchains.model import UserFlags

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crosswheel.native_libraries.recipe import Library

LICENSES = "share/licenses"
"""Where the texts of licences lie in a prefix, in a directory for each library."""
LIST = ".archives"
"""A file there with the names of the library's archives."""
SHARED = ".shared"
"""A file there of a shared library: its name, and those of the libraries that parts of it are from, by lines."""
STATIC = "lib/static"
"""Where the archives of libraries lie that are shared."""


@dataclass(frozen=True)
class InstalledLibrary:
    """A finished library in a directory of its own."""

    library: Library
    directory: Path


@dataclass(frozen=True)
class SharedLibrary:
    """A shared library in a prefix.

    :param inside: the names of the libraries that parts of it are from, its own first.
    """

    path: Path
    inside: tuple[str, ...]


@dataclass(frozen=True)
class Prefix:
    """Libraries of the target in one directory, as ``/usr`` has them.

    :param libraries: what is in it; whatever needs another comes after that.
    """

    directory: Path
    libraries: tuple[Library, ...] = ()

    @property
    def archives(self) -> tuple[Path, ...]:
        """Every static library; whatever needs another comes before that, as linkers want it."""
        owned = {path: order for order, library in enumerate(self.libraries) for path in self.archives_of(library)}
        return tuple(sorted(owned, key=lambda path: (-owned[path], path)))

    @property
    def compile_options(self) -> tuple[str, ...]:
        """How compilers find its headers, and what these want to be defined."""
        return (f"-I{self.directory / 'include'}", *macro_options(self.libraries))

    @property
    def link_options(self) -> tuple[str, ...]:
        """How links find what is in it, and name what of the system's own that needs.

        Links of programs that are all static find archives where other links find a shared library.
        """
        places = (self.directory / "lib", *([self.directory / STATIC] if self.shared else []))
        return (*(f"-L{place}" for place in places), *system_options(self.libraries))

    def archives_of(self, library: Library) -> tuple[Path, ...]:
        """The static libraries of one recipe."""
        listed = self.directory / LICENSES / library.name / LIST
        names = listed.read_text("utf-8").split() if listed.is_file() else []
        return tuple(self.directory / "lib" / name for name in names)

    @property
    def shared(self) -> dict[str, SharedLibrary]:
        """The libraries that are shared, by the names of their recipes."""
        listed = {each.name: self.directory / LICENSES / each.name / SHARED for each in self.libraries}
        told = {name: file.read_text("utf-8").split() for name, file in listed.items() if file.is_file()}
        return {
            name: SharedLibrary(self.directory / "lib" / file, tuple(inside)) for name, (file, *inside) in told.items()
        }

    @property
    def scripts(self) -> tuple[Path, ...]:
        """Programs by which builds ask for libraries: ``xml2-config``."""
        return tuple(sorted((self.directory / "bin").glob("*-config")))


def macro_options(libraries: Iterable[Library]) -> tuple[str, ...]:
    """How a compiler is told what the headers of some libraries want to be defined, those of a library itself too."""
    return tuple(dict.fromkeys(f"-D{name}" for library in libraries for name in library.macros))


def system_options(libraries: Iterable[Library]) -> tuple[str, ...]:
    """How a link names the libraries of the target's system that some libraries need."""
    return tuple(dict.fromkeys(f"-l{name}" for library in libraries for name in library.system_libraries))


def runtime_options(libraries: Iterable[Library]) -> UserFlags:
    """What links are given that take from libraries: the runtime of C++, where one of them is written in that."""
    return UserFlags(linking=("-lc++",) if any(library.recipe.language == "c++" for library in libraries) else ())


def pkg_config(program: Path, directory: Path) -> tuple[str, ...]:
    """The command that finds the libraries of a prefix, and no others."""
    places = ":".join(str(directory / part / "pkgconfig") for part in ("lib", "share"))
    unset = ("-u", "PKG_CONFIG_PATH", "-u", "PKG_CONFIG_SYSROOT_DIR")
    return ("/usr/bin/env", *unset, f"PKG_CONFIG_LIBDIR={places}", str(program), "--static")


def merge_prefixes(made: Iterable[InstalledLibrary], directory: Path) -> Prefix:
    """Lay finished libraries together; their files get second names.

    :param made: whatever is needed comes first.
    :param directory: must not exist.
    """
    for part in ("include", "lib/pkgconfig", "bin"):
        (directory / part).mkdir(parents=True, exist_ok=True)
    libraries = []
    for each in made:
        merge_tree(each.directory, directory)
        libraries.append(each.library)
    return Prefix(directory, tuple(libraries))
