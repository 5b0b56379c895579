"""Prefixes: installed native libraries in one directory, and the compiler and linker arguments to use them."""

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
"""Directory of license texts in a prefix, with a subdirectory for each library."""
ARCHIVES_FILE = ".archives"
"""File in the library's license directory with the names of its archives."""
SHARED_FILE = ".shared"
"""File in the license directory of a shared library, one name a line: its file, the libraries linked into it."""
STATIC_DIR = "lib/static"
"""Directory of the archives of libraries that are built as shared libraries."""


@dataclass(frozen=True)
class InstalledLibrary:
    """A built library in its own directory."""

    library: Library
    directory: Path


@dataclass(frozen=True)
class SharedLibrary:
    """A shared library in a prefix.

    :param inside: the names of the libraries linked into it, itself first.
    """

    path: Path
    linked_libraries: tuple[str, ...]


@dataclass(frozen=True)
class Prefix:
    """Libraries of the target in one directory, with the layout of ``/usr``.

    :param libraries: its libraries, each after its own dependencies.
    """

    directory: Path
    libraries: tuple[Library, ...] = ()

    @property
    def archives(self) -> tuple[Path, ...]:
        """The static libraries in linking order: each before its own dependencies."""
        order = {path: index for index, library in enumerate(self.libraries) for path in self.archives_of(library)}
        return tuple(sorted(order, key=lambda path: (-order[path], path)))

    @property
    def compile_options(self) -> tuple[str, ...]:
        """Compiler arguments: the include directory, and the macros that the headers require."""
        return (f"-I{self.directory / 'include'}", *macro_options(self.libraries))

    @property
    def link_options(self) -> tuple[str, ...]:
        """Linker arguments: the library directories, and the libraries of the target's system that are needed.

        The directory of archives comes second: only static links (``-static``) of programs use the archives of a shared
        library.
        """
        directories = (self.directory / "lib", *([self.directory / STATIC_DIR] if self.shared else []))
        return (*(f"-L{directory}" for directory in directories), *system_options(self.libraries))

    def archives_of(self, library: Library) -> tuple[Path, ...]:
        """Return the static libraries of one recipe."""
        file = self.directory / LICENSES / library.name / ARCHIVES_FILE
        names = file.read_text("utf-8").split() if file.is_file() else []
        return tuple(self.directory / "lib" / name for name in names)

    @property
    def shared(self) -> dict[str, SharedLibrary]:
        """The shared libraries, by the names of their recipes."""
        records = {each.name: self.directory / LICENSES / each.name / SHARED_FILE for each in self.libraries}
        names = {name: record.read_text("utf-8").split() for name, record in records.items() if record.is_file()}
        return {
            name: SharedLibrary(self.directory / "lib" / file, tuple(linked)) for name, (file, *linked) in names.items()
        }

    @property
    def scripts(self) -> tuple[Path, ...]:
        """Configuration programs such as ``xml2-config``."""
        return tuple(sorted((self.directory / "bin").glob("*-config")))


def macro_options(libraries: Iterable[Library]) -> tuple[str, ...]:
    """Return compiler arguments for the macros that the headers of libraries require, also in their own builds."""
    return tuple(dict.fromkeys(f"-D{name}" for library in libraries for name in library.macros))


def system_options(libraries: Iterable[Library]) -> tuple[str, ...]:
    """Return linker arguments for the libraries of the target's system that libraries need."""
    return tuple(dict.fromkeys(f"-l{name}" for library in libraries for name in library.system_libraries))


def runtime_flags(libraries: Iterable[Library]) -> UserFlags:
    """Return flags for links with libraries: the C++ runtime, if one of them is written in C++."""
    return UserFlags(link_args=("-lc++",) if any(library.recipe.language == "c++" for library in libraries) else ())


def pkg_config(program: Path, directory: Path) -> tuple[str, ...]:
    """Return a pkg-config command that finds only the libraries of a prefix.

    :param program: the build machine's pkgconf.
    :param directory: the directory of the prefix.
    """
    paths = ":".join(str(directory / part / "pkgconfig") for part in ("lib", "share"))
    unset = ("-u", "PKG_CONFIG_PATH", "-u", "PKG_CONFIG_SYSROOT_DIR")
    return ("/usr/bin/env", *unset, f"PKG_CONFIG_LIBDIR={paths}", str(program), "--static")


def merge_prefixes(installed: Iterable[InstalledLibrary], directory: Path) -> Prefix:
    """Merge the directories of installed libraries into one (hard links or clones where possible).

    :param installed: the libraries, each after its own dependencies.
    :param directory: must not exist.
    """
    for part in ("include", "lib/pkgconfig", "bin"):
        (directory / part).mkdir(parents=True, exist_ok=True)
    libraries = []
    for each in installed:
        merge_tree(each.directory, directory)
        libraries.append(each.library)
    return Prefix(directory, tuple(libraries))
