"""What a recipe says of a library: where it comes from, what it gives, and how it is built."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from crosswheel.documents import Table, read_table
from crosswheel.recipes.model import Patch, contents
from crosswheel.recipes.sources import Archive, Changes, Part

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.targets import Target


class Gives(Table, frozen=True, kw_only=True):
    """By which names builds ask for a library.

    :param headers: patterns over names of headers, as ``#include`` has them.
    :param libraries: what follows ``-l``.
    :param packages: names for pkg-config, CMake and Meson.
    """

    headers: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


class Build(Table, frozen=True, kw_only=True):
    """How a library is built. In all words ``{triple}``, ``{prefix}`` and the other names of ``words`` are filled in.

    :param system: what its sources are configured by.
    :param directory: where they lie in the archive, if not on top.
    :param in_source: whether it has to be built where its sources are.
    :param prepare: commands to begin with, run in that directory.
    :param configure: the command that configures, if it is not the usual one of the build system.
    :param options: what follows that command.
    :param targets: words for the build tool: what it makes, settings of it; ``install`` the same for the installation.
    :param finish: commands to end with, run in the build directory.
    :param environment: variables for all commands.
    :param tools: programs of the build machine beyond those of the build system.
    """

    system: Literal["autotools", "cmake", "meson", "make", "script"]
    directory: str = ""
    in_source: bool = False
    prepare: tuple[tuple[str, ...], ...] = ()
    configure: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    install: tuple[str, ...] = ("install",)
    finish: tuple[tuple[str, ...], ...] = ()
    environment: dict[str, str] = msgspec.field(default_factory=dict)
    tools: tuple[str, ...] = ()


class Override(Table, frozen=True, kw_only=True):
    """What differs for some targets.

    :param select: patterns over platform tags and aliases: ``*_riscv64``, ``pyodide``.
    :param unavailable: why the library is not to be had there.
    :param depends: other libraries than elsewhere.
    :param options: further options.
    :param build: other fields of :class:`Build`, by their names in the recipe.
    """

    select: tuple[str, ...]
    unavailable: str = ""
    depends: tuple[str, ...] | None = None
    options: tuple[str, ...] = ()
    build: dict[str, Any] = msgspec.field(default_factory=dict)

    def matches(self, target: Target) -> bool:
        """Whether it holds for a target."""
        return any(fnmatchcase(name, pattern) for pattern in self.select for name in (target.tag, target.alias))


class LibraryRecipe(Table, frozen=True, kw_only=True):
    """A library, by whose name its file is called.

    :param license: SPDX expression; ``license_files`` are patterns over its texts in the sources.
    :param identifiers: by which PEP 725 tables may name it: ``dep:generic/libxml2``.
    :param depends: libraries it is built with.
    :param language: what it is written in: who links with a library in C++ needs that language's runtime.
    :param parts: further archives in its sources; ``files`` what else is put there: the path there, and that from the
        recipe's directory.
    """

    version: str
    summary: str
    homepage: str
    license: str
    license_files: tuple[str, ...]
    source: Archive
    gives: Gives
    build: Build
    identifiers: tuple[str, ...] = ()
    depends: tuple[str, ...] = ()
    language: Literal["c", "c++"] = "c"
    parts: tuple[Part, ...] = ()
    patches: tuple[Patch, ...] = ()
    files: dict[str, str] = msgspec.field(default_factory=dict)
    overrides: tuple[Override, ...] = ()

    @property
    def origin(self) -> str:
        """What tells its sources, before they are changed, from others."""
        return " ".join((self.source.sha256, *(f"{part.into}={part.sha256}" for part in self.parts)))

    def changes(self, directory: Path) -> Changes:
        """What is made of its sources.

        :param directory: where the recipe's own files start.
        :raises SourceError: when a patch or file is missing, or is not what the recipe says.
        """
        patches = tuple((patch.file, patch.read(directory)) for patch in self.patches)
        return Changes(self.source.directory, patches, contents(self.files, directory))

    def on(self, target: Target, name: str, directory: Path) -> Library:
        """The library that it is for a target.

        :param directory: where the recipe's own files start.
        :raises UsageError: when an override names fields that do not exist.
        """
        build, depends, unavailable = msgspec.to_builtins(self.build), self.depends, ""
        for override in self.overrides:
            if override.matches(target):
                build |= {key.replace("-", "_"): value for key, value in override.build.items()}
                build["options"] = [*build["options"], *override.options]
                depends = depends if override.depends is None else override.depends
                unavailable = override.unavailable or unavailable
        dashed = {key.replace("_", "-"): value for key, value in build.items()}
        made = read_table(Build, dashed, name="build", where=directory / f"{name}.toml")
        return Library(name, self, made, depends, unavailable, directory)


@dataclass(frozen=True)
class Library:
    """What a recipe means for one target.

    :param build: with what is particular about the target; ``depends`` too.
    :param unavailable: why it is not to be had there; empty where it is.
    :param directory: where the recipe's own files start.
    """

    name: str
    recipe: LibraryRecipe
    build: Build
    depends: tuple[str, ...]
    unavailable: str
    directory: Path

    @property
    def label(self) -> str:
        """Name and version."""
        return f"{self.name}-{self.recipe.version}"
