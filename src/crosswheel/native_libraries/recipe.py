"""The recipe of a native library: its sources, what it provides, and how it is built."""

from __future__ import annotations

from collections.abc import Mapping  # msgspec evaluates the annotations
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import msgspec

from crosswheel.recipes.model import Patch, read_files
from crosswheel.recipes.sources import ExtraArchive, SourceArchive, SourceChanges
from crosswheel.settings.options import select_matches
from crosswheel.toml_models import Table, read_table

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.targets import Target


class Provides(Table, frozen=True, kw_only=True):
    """The names by which builds search for a library.

    :param headers: glob patterns of header names, as in ``#include``.
    :param libraries: library names, as after ``-l``.
    :param packages: package names of pkg-config, CMake and Meson.
    """

    headers: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


class LibraryBuildSteps(Table, frozen=True, kw_only=True):
    """How a library is built.

    Commands and environment may contain placeholders: ``{triple}``, ``{source}`` and the others of
    :func:`crosswheel.native_libraries.build.placeholders`.

    :param system: the build system of the sources.
    :param directory: the source directory, relative to the top of the archive.
    :param in_source: whether the build directory must be the source directory.
    :param prepare: commands to run first, in the source directory.
    :param configure: the configure command, if not the usual one of the build system.
    :param options: arguments that follow the configure command.
    :param targets: arguments of the build tool: targets, variables.
    :param install: arguments of the installation; empty to install nothing, because ``finish`` does it.
    :param finish: commands to run last, in the build directory.
    :param environment: environment variables of all commands.
    :param tools: required programs of the build machine besides those of the build system.
    """

    system: Literal["autotools", "cmake", "meson", "make", "script", "pyodide"]
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


def target_names(target: Target) -> tuple[str, ...]:
    """Return the names of a target that patterns in library recipes are matched with: platform tag and alias."""
    return target.tag, target.alias


class LibraryOverride(Table, frozen=True, kw_only=True):
    """Changes of a recipe for some targets.

    :param select: glob patterns of platform tags and aliases: ``*_riscv64``, ``pyodide``.
    :param unavailable: the reason if the library cannot be built for these targets.
    :param depends: dependencies, instead of the recipe's.
    :param system_libraries: libraries of the target's system to link with, as after ``-l``.
    :param macros: macros to define where the library's headers are included, so that they declare a static library.
    :param options: additional options.
    :param build: other fields of :class:`LibraryBuildSteps` to replace, by their names in the recipe.
    """

    select: tuple[str, ...]
    unavailable: str = ""
    depends: tuple[str, ...] | None = None
    system_libraries: tuple[str, ...] = ()
    macros: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    build: dict[str, Any] = msgspec.field(default_factory=dict)

    def matches(self, target: Target) -> bool:
        """Return whether the override applies to a target."""
        return select_matches(self.select, target_names(target))


class LibraryRecipe(Table, frozen=True, kw_only=True):
    """The recipe of a library; the name of its file is the library's.

    :param license: SPDX license expression.
    :param license_files: glob patterns of the license texts in the sources.
    :param identifiers: identifiers of the library in PEP 725 tables: ``dep:generic/libxml2``.
    :param depends: names of the libraries it is built with.
    :param language: the language it is written in: links with a C++ library need the C++ runtime.
    :param extra_sources: additional archives, unpacked into its sources.
    :param shared: whether it is always built as a shared library, also if packages do not request that.
    :param files: files to add to its sources: path there, path relative to the recipe.
    """

    old_keys: ClassVar[Mapping[str, str]] = {"gives": "provides", "parts": "extra-sources"}

    version: str
    summary: str
    homepage: str
    license: str
    license_files: tuple[str, ...]
    source: SourceArchive
    provides: Provides
    build: LibraryBuildSteps
    identifiers: tuple[str, ...] = ()
    depends: tuple[str, ...] = ()
    language: Literal["c", "c++"] = "c"
    extra_sources: tuple[ExtraArchive, ...] = ()
    shared: bool = False
    patches: tuple[Patch, ...] = ()
    files: dict[str, str] = msgspec.field(default_factory=dict)
    overrides: tuple[LibraryOverride, ...] = ()

    @property
    def origin(self) -> str:
        """The hashes of its archives, for cache keys."""
        return " ".join(
            (self.source.sha256, *(f"{part.into}={part.sha256}{','.join(part.members)}" for part in self.extra_sources))
        )

    def changes(self, directory: Path, names: tuple[str, ...]) -> SourceChanges:
        """Read the patches and files that the recipe applies to its sources.

        :param directory: the directory of the recipe.
        :param names: names of the target that patches select: see :func:`target_names`.
        :raises SourceError: if a patch or file is missing, or has another hash than in the recipe.
        """
        patches = (patch for patch in self.patches if select_matches(patch.select, names))
        texts = tuple((patch.file, patch.read(directory)) for patch in patches)
        files = read_files(self.files, directory)
        return SourceChanges(self.source.directory, texts, files, self.source.members)

    def for_target(self, target: Target, name: str, directory: Path) -> Library:
        """Return the library for a target, with the overrides that apply to it.

        :param name: the library's name.
        :param directory: the directory of the recipe.
        :raises UsageError: if an override has unknown fields.
        """
        build, depends, unavailable = msgspec.to_builtins(self.build), self.depends, ""
        system, macros = tuple[str, ...](), tuple[str, ...]()
        for override in self.overrides:
            if override.matches(target):
                build |= {key.replace("-", "_"): value for key, value in override.build.items()}
                build["options"] = [*build["options"], *override.options]
                depends = depends if override.depends is None else override.depends
                system, macros = system + override.system_libraries, macros + override.macros
                unavailable = override.unavailable or unavailable
        dashed = {key.replace("_", "-"): value for key, value in build.items()}
        merged = read_table(LibraryBuildSteps, dashed, name="build", where=directory / f"{name}.toml")
        return Library(name, self, merged, depends, unavailable, directory, system, macros)


@dataclass(frozen=True)
class Library:
    """A library for one target: a recipe with the overrides for the target applied.

    :param depends: names of the libraries that it is built with.
    :param unavailable: the reason if it cannot be built for the target, otherwise empty.
    :param directory: the directory of the recipe.
    :param system_libraries: libraries of the target's system to link with, as after ``-l``.
    :param macros: macros to define where its headers are included.
    """

    name: str
    recipe: LibraryRecipe
    build: LibraryBuildSteps
    depends: tuple[str, ...]
    unavailable: str
    directory: Path
    system_libraries: tuple[str, ...] = ()
    macros: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Name and version."""
        return f"{self.name}-{self.recipe.version}"
