"""Libraries for a target, each built once and kept in the store."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from crosswheel.errors import SourceError
from crosswheel.host.files import temp_dir_without_blanks, temporary_directory
from crosswheel.native_libraries.build import LibraryBuild, required_tools
from crosswheel.native_libraries.prefix import InstalledLibrary, Prefix, merge_prefixes
from crosswheel.native_libraries.recipe import target_names
from crosswheel.native_libraries.shared import SharedLibraryBuild, shared_library_flags
from crosswheel.native_libraries.tools import tool_identity
from crosswheel.recipes.sources import SourceChanges, fetch_archive, fetch_parts, unpack_sources
from crosswheel.store import Key, Store, code_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from crosswheel.environments.packages import RequirementSource
    from crosswheel.host import Host
    from crosswheel.native_libraries.catalogue import LibraryCatalogue
    from crosswheel.native_libraries.recipe import Library
    from crosswheel.toolchains.model import TargetToolchain

_MAKERS = ("build_systems", "native_libraries", "recipes", "toolchains")
"""Packages of crosswheel whose code decides what is built by a recipe."""
_RECIPES = ("packages", "recipes")


@dataclass(frozen=True)
class _Wanted:
    """A library by its keys in the store: as archives, and as a shared library where it is to be one.

    :param changes: what becomes of its sources.
    """

    library: Library
    changes: SourceChanges
    static: Key
    shared: Key | None

    @property
    def key(self) -> Key:
        return self.shared or self.static


@dataclass(frozen=True)
class LibraryBuilder:
    """Makes libraries for the target of a kit.

    :param packages: where tools from PyPI come from.
    :param keep: keep the directories of builds, whatever happens.
    """

    host: Host
    kit: TargetToolchain
    catalogue: LibraryCatalogue
    store: Store
    packages: RequirementSource
    keep: bool = False

    def build_prefix(self, names: Iterable[str], directory: Path, shared: Iterable[str] = ()) -> Prefix:
        """Libraries, and all they are built with, laid together in a directory.

        :param directory: must not exist.
        :param shared: those that are shared libraries; the others are archives, but for those whose recipes say so.
        :raises UsageError: when there is no recipe for one, or it is not to be had for the target.
        :raises SourceError: when its sources cannot be had.
        :raises BuildError: when it does not build.
        """
        return merge_prefixes(tuple(self.build_all(names, shared).values()), directory)

    def build_all(self, names: Iterable[str], shared: Iterable[str] = ()) -> dict[str, InstalledLibrary]:
        """The same, each in its own directory of the store, by name; whatever is needed first."""
        static: dict[str, InstalledLibrary] = {}
        done: dict[str, InstalledLibrary] = {}
        for wanted in self._wanted(names, shared):
            library, name = wanted.library, wanted.library.name
            job = LibraryBuild(self.host, self.kit, library, self._of(static, library), self.packages, self.keep)
            build = partial(self._build, job, wanted.changes)
            static[name] = done[name] = InstalledLibrary(library, self.store.get_or_create(wanted.static, build))
            if wanted.shared is not None:
                link = SharedLibraryBuild(self.host, self.kit, static[name], self._of(done, library)).build
                done[name] = InstalledLibrary(library, self.store.get_or_create(wanted.shared, link))
        return done

    def keys(self, names: Iterable[str], shared: Iterable[str] = ()) -> tuple[tuple[Library, Key], ...]:
        """Libraries, and all they are built with, by their keys in the store; nothing is built.

        :raises UsageError: when there is no recipe for one, or it is not to be had for the target.
        :raises SourceError: when a patch is missing, or is not what the recipe says.
        """
        return tuple((each.library, each.key) for each in self._wanted(names, shared))

    def _wanted(self, names: Iterable[str], shared: Iterable[str]) -> tuple[_Wanted, ...]:
        asked = frozenset(shared)
        found: dict[str, _Wanted] = {}
        for library in self.catalogue.closure((*names, *sorted(asked)), self.kit.target):
            needed = [found[name] for name in self._needed(library)]
            changes = library.recipe.changes(library.directory, target_names(self.kit.target))
            static = self._key(library, changes, [each.static for each in needed])
            is_shared = library.name in asked or library.recipe.shared
            chosen = self._shared_key(library, static, [each.key for each in needed]) if is_shared else None
            found[library.name] = _Wanted(library, changes, static, chosen)
        return tuple(found.values())

    def _of(self, made: dict[str, InstalledLibrary], library: Library) -> tuple[InstalledLibrary, ...]:
        """What a library is built with."""
        return tuple(made[name] for name in self._needed(library))

    def _needed(self, library: Library) -> tuple[str, ...]:
        return tuple(each.name for each in self.catalogue.closure(library.depends, self.kit.target))

    def _key(self, library: Library, changes: SourceChanges, needed: list[Key]) -> Key:
        return Key.create(
            "library",
            library.label,
            crosswheel=code_digest(*_MAKERS, without=_RECIPES),
            source=library.recipe.origin,
            changes=changes.identity(),
            build=msgspec.to_builtins(library.build),
            language=library.recipe.language,
            libraries=list(library.recipe.provides.libraries),
            macros=list(library.macros),
            system_libraries=list(library.system_libraries),
            licenses=list(library.recipe.license_files),
            target=str(self.kit.target),
            toolchain=self.kit.identity,
            tools=tool_identity(required_tools(library.build)),
            needed=needed,
        )

    def _shared_key(self, library: Library, static: Key, needed: list[Key]) -> Key:
        target = self.kit.target
        words = [*target.system.whole, *shared_library_flags(target)]
        inputs = {"library": static, "needed": needed, "words": words, "toolchain": self.kit.identity}
        return Key.create("shared", library.label, **inputs)

    def _build(self, job: LibraryBuild, changes: SourceChanges, place: Path) -> None:
        library = job.library
        with (
            self.host.progress.step(f"building {library.label} for {self.kit.target}, once"),
            temporary_directory(parent=temp_dir_without_blanks(), prefix="crosswheel-sources-", keep=self.keep) as work,
        ):
            with _told_of(library):
                archive = fetch_archive(self.host, library.recipe.source, library.directory)
                parts = fetch_parts(self.host, library.recipe.extra_sources, library.directory)
                sources = unpack_sources(archive, changes, work / "sources", parts)
            job.build(sources, place)


@contextmanager
def _told_of(library: Library) -> Iterator[None]:
    """Have errors about sources say whose they are."""
    try:
        yield
    except SourceError as error:
        raise SourceError(
            f"the sources of the library {library.label}: {error.what}",
            where=error.where or library.directory / f"{library.name}.toml",
            hint=error.hint,
        ) from error
