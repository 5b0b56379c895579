"""Building native libraries for a target, each once, into the store."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from crosswheel.environments.build_tools import tool_identity
from crosswheel.errors import SourceError
from crosswheel.host.files import temp_dir_without_blanks, temporary_directory
from crosswheel.host.trees import tree_digest
from crosswheel.native_libraries.build import LibraryBuild, reads_recipe, required_tools
from crosswheel.native_libraries.prefix import InstalledLibrary, Prefix, merge_prefixes
from crosswheel.native_libraries.recipe import target_names
from crosswheel.native_libraries.shared import SharedLibraryBuild, shared_library_flags
from crosswheel.recipes.sources import SourceChanges, fetch_archive, fetch_extra_sources, unpack_sources
from crosswheel.sealing import Seal
from crosswheel.store import Key, Store, code_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from crosswheel.environments.packages import RequirementSource
    from crosswheel.host import Host
    from crosswheel.native_libraries.catalogue import LibraryCatalogue
    from crosswheel.native_libraries.recipe import Library
    from crosswheel.toolchains.model import TargetToolchain

_CODE = (
    "build_systems", "environments", "host", "native_libraries", "object_files", "platforms", "recipes", "sealing",
    "settings", "targets", "toolchains",
)  # fmt: skip
"""Packages of crosswheel whose code determines what a recipe builds; part of every library's key."""
NOT_IN_KEY: Mapping[str, str] = MappingProxyType(
    {
        "downloads": "the key has the hashes of sources and the versions of tools",
        "pythons": "libraries are built without a target Python",
        "store": "where libraries are kept",
        "toml_models": "the key has the values that are read from recipes",
    }
)
"""Other packages that building a library imports, each with the reason why they are not in the key."""
_RECIPES = ("packages", "recipes")
"""Directories in them whose content is no code: a library's key depends on its own recipe only."""


@dataclass(frozen=True)
class _PlannedLibrary:
    """A library and its keys in the store.

    :param changes: patches and files that its recipe applies to its sources.
    :param static: the key of the library as static archives.
    :param shared: the key of the shared library that is linked from those; None if only archives are needed.
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
    """Builds libraries for the target of a toolchain.

    :param packages: where build tools from PyPI are installed from.
    :param keep: whether to keep the build directories, also if a build fails.
    :param seal: how the programs of builds run.
    """

    host: Host
    toolchain: TargetToolchain
    catalogue: LibraryCatalogue
    store: Store
    packages: RequirementSource
    keep: bool = False
    seal: Seal = field(default_factory=Seal)

    def build_prefix(self, names: Iterable[str], directory: Path, shared: Iterable[str] = ()) -> Prefix:
        """Install libraries and their dependencies into one directory, and build those that are not in the store.

        :param names: names of recipes.
        :param directory: must not exist.
        :param shared: names of libraries that are needed as shared libraries. The others are static archives unless
            their recipes set ``shared``.
        :raises UsageError: if a library has no recipe, or is not available for the target.
        :raises SourceError: if the sources of a library cannot be fetched, or its patches do not apply.
        :raises BuildError: if a library does not build.
        """
        return merge_prefixes(tuple(self.build_all(names, shared).values()), directory)

    def build_all(self, names: Iterable[str], shared: Iterable[str] = ()) -> dict[str, InstalledLibrary]:
        """Return libraries and their dependencies by name, each after its own dependencies, and build missing ones.

        Each of them is in its own directory of the store. Parameters and errors: see :meth:`build_prefix`.
        """
        static: dict[str, InstalledLibrary] = {}
        installed: dict[str, InstalledLibrary] = {}
        for plan in self._plan(names, shared):
            library, name = plan.library, plan.library.name
            build = LibraryBuild(
                self.host, self.toolchain, library, self._select(static, library), self.packages, self.keep, self.seal
            )
            create = partial(self._build, build, plan.changes)
            static[name] = installed[name] = InstalledLibrary(library, self.store.get_or_create(plan.static, create))
            if plan.shared is not None:
                dependencies = self._select(installed, library)
                link = SharedLibraryBuild(self.host, self.toolchain, static[name], dependencies).build
                installed[name] = InstalledLibrary(library, self.store.get_or_create(plan.shared, link))
        return installed

    def keys(self, names: Iterable[str], shared: Iterable[str] = ()) -> tuple[tuple[Library, Key], ...]:
        """Return libraries and their dependencies with their keys in the store, without building any.

        :raises UsageError: if a library has no recipe, or is not available for the target.
        :raises SourceError: if a patch or file of a recipe is missing or has another hash.
        """
        return tuple((plan.library, plan.key) for plan in self._plan(names, shared))

    def _plan(self, names: Iterable[str], shared: Iterable[str]) -> tuple[_PlannedLibrary, ...]:
        requested = frozenset(shared)
        plans: dict[str, _PlannedLibrary] = {}
        for library in self.catalogue.closure((*names, *sorted(requested)), self.toolchain.target):
            dependencies = [plans[name] for name in self._dependencies(library)]
            changes = library.recipe.changes(library.directory, target_names(self.toolchain.target))
            key = self._key(library, changes, [each.static for each in dependencies])
            is_shared = library.name in requested or library.recipe.shared
            shared_key = self._shared_key(library, key, [each.key for each in dependencies]) if is_shared else None
            plans[library.name] = _PlannedLibrary(library, changes, key, shared_key)
        return tuple(plans.values())

    def _select(self, installed: dict[str, InstalledLibrary], library: Library) -> tuple[InstalledLibrary, ...]:
        """Return the installed dependencies of a library."""
        return tuple(installed[name] for name in self._dependencies(library))

    def _dependencies(self, library: Library) -> tuple[str, ...]:
        """Return the names of a library's direct and indirect dependencies, each after its own."""
        return tuple(each.name for each in self.catalogue.closure(library.depends, self.toolchain.target))

    def _key(self, library: Library, changes: SourceChanges, dependencies: list[Key]) -> Key:
        return Key.create(
            "library",
            library.label,
            crosswheel=code_digest(*_CODE, without=_RECIPES),
            source=library.recipe.origin,
            changes=changes.identity(),
            build=msgspec.to_builtins(library.build),
            language=library.recipe.language,
            libraries=list(library.recipe.provides.libraries),
            macros=list(library.macros),
            system_libraries=list(library.system_libraries),
            licenses=list(library.recipe.license_files),
            target=str(self.toolchain.target),
            toolchain=self.toolchain.identity,
            tools=tool_identity(required_tools(library.build)),
            dependencies=dependencies,
            sealed=self.seal.support.available,
            **({"recipe": tree_digest(library.directory)} if reads_recipe(library.build) else {}),
        )

    def _shared_key(self, library: Library, static: Key, dependencies: list[Key]) -> Key:
        target = self.toolchain.target
        flags = [*target.system.whole, *shared_library_flags(target)]
        inputs = {"library": static, "dependencies": dependencies, "flags": flags, "toolchain": self.toolchain.identity}
        return Key.create("shared", library.label, **inputs)

    def _build(self, build: LibraryBuild, changes: SourceChanges, destination: Path) -> None:
        library = build.library
        with (
            self.host.progress.step(f"building {library.label} for {self.toolchain.target}, once"),
            temporary_directory(parent=temp_dir_without_blanks(), prefix="crosswheel-sources-", keep=self.keep) as work,
        ):
            with _name_library(library):
                archive = fetch_archive(self.host, library.recipe.source, library.directory)
                parts = fetch_extra_sources(self.host, library.recipe.extra_sources, library.directory)
                sources = unpack_sources(archive, changes, work / "sources", parts, self.host.progress.note)
            build.build(sources, destination)


@contextmanager
def _name_library(library: Library) -> Iterator[None]:
    """Add the library to errors about its sources."""
    try:
        yield
    except SourceError as error:
        raise SourceError(
            f"the sources of the library {library.label}: {error.what}",
            where=error.where or library.directory / f"{library.name}.toml",
            hint=error.hint,
        ) from error
