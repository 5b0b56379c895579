"""The recipes of native libraries, built-in ones and the user's, and what provides a header, library or package."""

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
    """Recipes of native libraries by name."""

    recipes: Mapping[str, LoadedRecipe[LibraryRecipe]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> LoadedRecipe[LibraryRecipe]:
        """Return the recipe of a library.

        :raises UsageError: if there is no recipe of that name.
        """
        if name not in self.recipes:
            names = sorted(self.recipes)
            hint = suggestion(name, names) or f"known libraries: {', '.join(names)}"
            raise UsageError(f"no recipe for the library {name!r}", hint=hint)
        return self.recipes[name]

    def with_recipes(self, others: Mapping[str, LoadedRecipe[LibraryRecipe]]) -> LibraryCatalogue:
        """Return a catalogue that also contains other recipes, which take precedence."""
        return LibraryCatalogue({**self.recipes, **others}) if others else self

    def closure(self, names: Iterable[str], target: Target) -> tuple[Library, ...]:
        """Return libraries and all their dependencies for a target, each after its own dependencies.

        :raises UsageError: if a library has no recipe, is not available for the target, or depends on itself.
        """
        ordered: dict[str, Library] = {}

        def add(name: str, path: tuple[str, ...]) -> None:
            if name in path:
                raise UsageError(f"circular dependency of library recipes: {' -> '.join((*path, name))}")
            if name in ordered:
                return
            loaded = self[name]
            library = loaded.recipe.for_target(target, name, loaded.directory)
            if library.unavailable:
                what = f"the library {name} is not available for {target}: {library.unavailable}"
                raise UsageError(what, where=" -> ".join(path))
            for dependency in library.depends:
                add(dependency, (*path, name))
            ordered[name] = library

        for name in names:
            add(name, ())
        return tuple(ordered.values())

    def provider(self, kind: str, name: str) -> str | None:
        """Return the library that provides what a build did not find, or None.

        :param kind: ``header``, ``library`` (as ``-l`` names it) or ``package`` (of pkg-config, CMake or Meson).
        """
        return next((loaded.name for loaded in self.recipes.values() if _provides(loaded, kind, name)), None)

    def resolve_name(self, name: str) -> str | None:
        """Return the recipe for any of a library's names: the recipe's, a package's, or ``lib`` and its ``-l`` name.

        Pyodide's recipes also put ``lib`` before the name of a project, or leave out its last digit.
        """
        plain = name.removeprefix("lib")
        recipe = next((each for each in (name, plain, f"{name}2") if each in self.recipes), None)
        return recipe or self.provider("package", name) or self.provider("library", plain)

    def by_identifier(self, identifier: str) -> str | None:
        """Return the library that a PEP 725 identifier stands for, or None; its version range is ignored."""
        unversioned = identifier.partition("@")[0]
        return next((loaded.name for loaded in self.recipes.values() if unversioned in loaded.recipe.identifiers), None)


def _provides(loaded: LoadedRecipe[LibraryRecipe], kind: str, name: str) -> bool:
    provides = loaded.recipe.provides
    if kind == "header":
        return any(fnmatchcase(name, pattern) for pattern in provides.headers)
    names = provides.libraries if kind == "library" else (*provides.packages, loaded.name)
    return name.lower() in {each.lower() for each in names}


def read_catalogue(directories: Sequence[Path] = ()) -> LibraryCatalogue:
    """Read the built-in recipes and those in other directories, one file ``NAME.toml`` each.

    :raises UsageError: if a recipe is invalid, or two recipes have the same name.
    """
    built_in = Path(str(files("crosswheel.native_libraries").joinpath("recipes")))
    return LibraryCatalogue(read_recipes(LibraryRecipe, (built_in, *directories)))
