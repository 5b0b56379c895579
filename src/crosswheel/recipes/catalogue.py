"""Finding and reading recipes: crosswheel's own and the user's."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from packaging.utils import canonicalize_name
from platformdirs import PlatformDirs

from crosswheel.errors import UsageError
from crosswheel.recipes.model import PackageRecipe
from crosswheel.toml_models import Table, read_table, read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

VARIABLE = "CROSSWHEEL_RECIPES"
_T = TypeVar("_T", bound=Table)


@dataclass(frozen=True)
class LoadedRecipe(Generic[_T]):
    """A recipe and its file.

    :param ignored_keys: keys of a ``meta.yaml`` that are ignored, each with the reason.
    :param notes: former spellings of keys in the file.
    """

    name: str
    recipe: _T
    file: Path
    ignored_keys: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def directory(self) -> Path:
        """The directory to which paths in the recipe are relative."""
        return self.file.parent


@dataclass(frozen=True)
class PackageRecipes:
    """Recipes of packages, by normalized name."""

    found: Mapping[str, LoadedRecipe[PackageRecipe]] = field(default_factory=dict)

    def get(self, name: str) -> LoadedRecipe[PackageRecipe] | None:
        """Return the recipe of a package, or None."""
        return self.found.get(canonicalize_name(name))


def recipe_directories(environ: Mapping[str, str], kind: str) -> tuple[Path, ...]:
    """Return the directories of the user's recipes.

    :param kind: the subdirectory: ``packages`` or ``libraries``.
    """
    paths = [Path(path).expanduser() for path in environ.get(VARIABLE, "").split(os.pathsep) if path]
    return tuple(path / kind for path in (PlatformDirs("crosswheel").user_config_path / "recipes", *paths))


def read_packages(directories: Sequence[Path]) -> PackageRecipes:
    """Read crosswheel's recipes of packages, and those in further directories.

    :raises UsageError: if a recipe is invalid, or two have the same name.
    """
    built_in = Path(str(files("crosswheel.recipes").joinpath("packages")))
    return PackageRecipes(read_recipes(PackageRecipe, (built_in, *directories)))


def read_recipes(kind: type[_T], directories: Sequence[Path]) -> dict[str, LoadedRecipe[_T]]:
    """Read all recipes of a kind in directories, from files ``NAME.toml``, and return them by name.

    :raises UsageError: if a recipe is invalid, or two have the same name.
    """
    recipes: dict[str, LoadedRecipe[_T]] = {}
    for file in _files(directories):
        loaded = read_recipe(kind, file)
        if other := recipes.get(loaded.name):
            hint = f"remove one; the other is {other.file}"
            raise UsageError(f"there are two recipes of {loaded.name}", where=file, hint=hint)
        recipes[loaded.name] = loaded
    return recipes


def read_recipe(kind: type[_T], file: Path) -> LoadedRecipe[_T]:
    """Read a recipe from a TOML file.

    :raises UsageError: if it is invalid, or the name of the file is not a normalized name.
    """
    name = canonicalize_name(file.stem)
    if name != file.stem:
        raise UsageError(f"the name of a recipe's file must be normalized: {name}.toml", where=file)
    notes: list[str] = []
    recipe = read_table(kind, read_toml(file), name="", where=file, notes=notes)
    return LoadedRecipe(name, recipe, file, notes=tuple(notes))


def _files(directories: Sequence[Path]) -> Iterator[Path]:
    for directory in directories:
        yield from sorted(directory.glob("*.toml"))
