"""Libraries for a target, each built once and kept in the store."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from crosswheel.host.files import plain_temporary, scratch
from crosswheel.libraries.build import Job, tools_of
from crosswheel.libraries.prefix import Made, Prefix, join
from crosswheel.libraries.shared import SharedJob, sharing
from crosswheel.libraries.tools import tool_identity
from crosswheel.recipes.sources import Changes, fetch_archive, unpack_sources
from crosswheel.store import Key, Store

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from crosswheel.environments.packages import Packages
    from crosswheel.host import Host
    from crosswheel.libraries.catalogue import Catalogue
    from crosswheel.libraries.model import Library
    from crosswheel.toolchains.model import Kit

_LAYOUT = 1
"""Raised when what is made of a recipe changes, so that older libraries are not used."""
_SHARED_LAYOUT = 1
"""The same for what is made of archives."""


@dataclass(frozen=True)
class _Wanted:
    """A library by its keys in the store: as archives, and as a shared library where it is to be one."""

    library: Library
    static: Key
    shared: Key | None

    @property
    def key(self) -> Key:
        return self.shared or self.static


@dataclass(frozen=True)
class Workshop:
    """Makes libraries for the target of a kit.

    :param packages: where tools from PyPI come from.
    """

    host: Host
    kit: Kit
    catalogue: Catalogue
    store: Store
    packages: Packages

    def provide(self, names: Iterable[str], directory: Path, shared: Iterable[str] = ()) -> Prefix:
        """Libraries, and all they are built with, laid together in a directory.

        :param directory: must not exist.
        :param shared: those that are shared libraries; the others are archives, but for those whose recipes say so.
        :raises UsageError: when there is no recipe for one, or it is not to be had for the target.
        :raises SourceError: when its sources cannot be had.
        :raises BuildError: when it does not build.
        """
        return join(tuple(self.make(names, shared).values()), directory)

    def make(self, names: Iterable[str], shared: Iterable[str] = ()) -> dict[str, Made]:
        """The same, each in its own directory of the store, by name; whatever is needed first."""
        static: dict[str, Made] = {}
        done: dict[str, Made] = {}
        for wanted in self._wanted(names, shared):
            library, name = wanted.library, wanted.library.name
            job = Job(self.host, self.kit, library, self._of(static, library), self.packages)
            build = partial(self._build, job, library.recipe.changes(library.directory))
            static[name] = done[name] = Made(library, self.store.provide(wanted.static, build))
            if wanted.shared is not None:
                link = SharedJob(self.host, self.kit, static[name], self._of(done, library)).build
                done[name] = Made(library, self.store.provide(wanted.shared, link))
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
            changes = library.recipe.changes(library.directory)
            static = self._key(library, changes, [each.static for each in needed])
            is_shared = library.name in asked or library.recipe.shared
            chosen = self._shared_key(library, static, [each.key for each in needed]) if is_shared else None
            found[library.name] = _Wanted(library, static, chosen)
        return tuple(found.values())

    def _of(self, made: dict[str, Made], library: Library) -> tuple[Made, ...]:
        """What a library is built with."""
        return tuple(made[name] for name in self._needed(library))

    def _needed(self, library: Library) -> tuple[str, ...]:
        return tuple(each.name for each in self.catalogue.closure(library.depends, self.kit.target))

    def _key(self, library: Library, changes: Changes, needed: list[Key]) -> Key:
        return Key.of(
            "library",
            library.label,
            layout=_LAYOUT,
            source=library.recipe.source.sha256,
            changes=changes.identity(),
            build=msgspec.to_builtins(library.build),
            licenses=list(library.recipe.license_files),
            target=str(self.kit.target),
            toolchain=self.kit.identity,
            tools=tool_identity(tools_of(library.build)),
            needed=needed,
        )

    def _shared_key(self, library: Library, static: Key, needed: list[Key]) -> Key:
        target = self.kit.target
        words = [*target.system.whole, *sharing(target)]
        inputs = {"library": static, "needed": needed, "words": words, "toolchain": self.kit.identity}
        return Key.of("shared", library.label, layout=_SHARED_LAYOUT, **inputs)

    def _build(self, job: Job, changes: Changes, place: Path) -> None:
        library = job.library
        with (
            self.host.progress.step(f"building {library.label} for {self.kit.target}, once"),
            scratch(parent=plain_temporary(), prefix="crosswheel-sources-") as work,
        ):
            archive = fetch_archive(self.host, library.recipe.source, library.directory)
            job.build(unpack_sources(archive, changes, work / "sources"), place)
