"""All recipes of libraries: those that come with crosswheel, and a person's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.errors import UsageError, suggestion
from crosswheel.native_libraries.recipe import LibraryRecipe
from crosswheel.recipes.catalogue import LoadedRecipe, read_recipes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crosswheel.native_libraries.recipe import Library
    from crosswheel.targets import Target


@dataclass(frozen=True)
class LibraryCatalogue:
    """Recipes of libraries by name."""

    recipes: Mapping[str, LoadedRecipe[LibraryRecipe]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> LoadedRecipe[LibraryRecipe]:
        """A recipe.

        :raises UsageError: when there is none of that name.
        """
        if name not in self.recipes:
            known = sorted(self.recipes)
            hint = suggestion(name, known) or f"known are {', '.join(known)}"
            raise UsageError(f"there is no recipe of a library {name!r}", hint=hint)
        return self.recipes[name]

    def with_recipes(self, others: Mapping[str, LoadedRecipe[LibraryRecipe]]) -> LibraryCatalogue:
        """With further recipes, which win."""
        return LibraryCatalogue({**self.recipes, **others}) if others else self

    def closure(self, names: Iterable[str], target: Target) -> tuple[Library, ...]:
        """Libraries and all they are built with, for a target: whatever is needed comes first.

        :raises UsageError: when one does not exist, is not to be had for the target, or needs itself.
        """
        ordered: dict[str, Library] = {}

        def add(name: str, path: tuple[str, ...]) -> None:
            if name in path:
                raise UsageError(f"recipes of libraries need each other: {' -> '.join((*path, name))}")
            if name in ordered:
                return
            found = self[name]
            library = found.recipe.for_target(target, name, found.directory)
            if library.unavailable:
                raise UsageError(f"there is no {name} for {target}: {library.unavailable}", where=" -> ".join(path))
            for needed in library.depends:
                add(needed, (*path, name))
            ordered[name] = library

        for name in names:
            add(name, ())
        return tuple(ordered.values())

    def provider(self, kind: str, name: str) -> str | None:
        """The library that gives what a build asked for in vain.

        :param kind: ``header``, ``library`` or ``package``.
        """
        return next((found.name for found in self.recipes.values() if _gives(found, kind, name)), None)

    def resolve_name(self, name: str) -> str | None:
        """The library that others call by a name: its recipe's, its package's, or ``lib`` and what follows ``-l``."""
        known = name if name in self.recipes else None
        return known or self.provider("package", name) or self.provider("library", name.removeprefix("lib"))

    def by_identifier(self, identifier: str) -> str | None:
        """The library that an identifier of PEP 725 means, whatever version it wants."""
        plain = identifier.partition("@")[0]
        return next((found.name for found in self.recipes.values() if plain in found.recipe.identifiers), None)


def _gives(found: LoadedRecipe[LibraryRecipe], kind: str, name: str) -> bool:
    gives = found.recipe.provides
    if kind == "header":
        return any(fnmatchcase(name, pattern) for pattern in gives.headers)
    names = gives.libraries if kind == "library" else (*gives.packages, found.name)
    return name.lower() in {known.lower() for known in names}


def read_catalogue(directories: Sequence[Path] = ()) -> LibraryCatalogue:
    """The recipes that come with crosswheel, and those in further directories, one file ``NAME.toml`` each.

    :raises UsageError: when one is wrong, or there are two of one name.
    """
    built_in = Path(str(files("crosswheel.native_libraries").joinpath("recipes")))
    return LibraryCatalogue(read_recipes(LibraryRecipe, (built_in, *directories)))
