"""What a recipe says of a library: where it comes from, what it gives, and how it is built."""

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
    """By which names builds ask for a library.

    :param headers: patterns over names of headers, as ``#include`` has them.
    :param libraries: what follows ``-l``.
    :param packages: names for pkg-config, CMake and Meson.
    """

    headers: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


class LibraryBuildSteps(Table, frozen=True, kw_only=True):
    """How a library is built. In all words ``{triple}``, ``{prefix}`` and the other names of ``words`` are filled in.

    :param system: what its sources are configured by.
    :param directory: where they lie in the archive, if not on top.
    :param in_source: whether it has to be built where its sources are.
    :param prepare: commands to begin with, run in that directory.
    :param configure: the command that configures, if it is not the usual one of the build system.
    :param options: what follows that command.
    :param targets: words for the build tool: what it makes, settings of it; ``install`` the same for the installation,
        of which there is none where it is empty.
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


def target_names(target: Target) -> tuple[str, ...]:
    """By what recipes of libraries select a target."""
    return target.tag, target.alias


class LibraryOverride(Table, frozen=True, kw_only=True):
    """What differs for some targets.

    :param select: patterns over platform tags and aliases: ``*_riscv64``, ``pyodide``.
    :param unavailable: why the library is not to be had there.
    :param depends: other libraries than elsewhere.
    :param system_libraries: what of the system's own it is linked with there, as ``-l`` names it.
    :param macros: what has to be defined where its headers are read there, so that they mean a static library.
    :param options: further options.
    :param build: other fields of :class:`MetaBuild`, by their names in the recipe.
    """

    select: tuple[str, ...]
    unavailable: str = ""
    depends: tuple[str, ...] | None = None
    system_libraries: tuple[str, ...] = ()
    macros: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    build: dict[str, Any] = msgspec.field(default_factory=dict)

    def matches(self, target: Target) -> bool:
        """Whether it holds for a target."""
        return select_matches(self.select, target_names(target))


class LibraryRecipe(Table, frozen=True, kw_only=True):
    """A library, by whose name its file is called.

    :param license: SPDX expression; ``license_files`` are patterns over its texts in the sources.
    :param identifiers: by which PEP 725 tables may name it: ``dep:generic/libxml2``.
    :param depends: libraries it is built with.
    :param language: what it is written in: who links with a library in C++ needs that language's runtime.
    :param parts: further archives in its sources; ``files`` what else is put there: the path there, and that from the
        recipe's directory.
    :param shared: whether packages get it as a shared library, asked or not.
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
        """What tells its sources, before they are changed, from others."""
        return " ".join((self.source.sha256, *(f"{part.into}={part.sha256}" for part in self.extra_sources)))

    def changes(self, directory: Path, names: tuple[str, ...]) -> SourceChanges:
        """What is made of its sources.

        :param directory: where the recipe's own files start.
        :param names: of the target, by which patches may select it.
        :raises SourceError: when a patch or file is missing, or is not what the recipe says.
        """
        patches = (patch for patch in self.patches if select_matches(patch.select, names))
        texts = tuple((patch.file, patch.read(directory)) for patch in patches)
        return SourceChanges(self.source.directory, texts, read_files(self.files, directory))

    def for_target(self, target: Target, name: str, directory: Path) -> Library:
        """The library that it is for a target.

        :param directory: where the recipe's own files start.
        :raises UsageError: when an override names fields that do not exist.
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
        made = read_table(LibraryBuildSteps, dashed, name="build", where=directory / f"{name}.toml")
        return Library(name, self, made, depends, unavailable, directory, system, macros)


@dataclass(frozen=True)
class Library:
    """What a recipe means for one target.

    :param build: with what is particular about the target; ``depends`` too.
    :param unavailable: why it is not to be had there; empty where it is.
    :param directory: where the recipe's own files start.
    :param system_libraries: what of the system's own it is linked with, as ``-l`` names it.
    :param macros: what has to be defined where its headers are read.
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
