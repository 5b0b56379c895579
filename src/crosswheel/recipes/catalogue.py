"""Finding recipes: those that come with crosswheel, and a person's own."""

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
    """A recipe, and the file it stands in.

    :param unheard: what the file says that is not followed, each with the reason.
    """

    name: str
    recipe: _T
    file: Path
    ignored_keys: tuple[str, ...] = ()

    @property
    def directory(self) -> Path:
        """Where the recipe's own files start."""
        return self.file.parent


@dataclass(frozen=True)
class PackageRecipes:
    """Recipes of packages by normalized name."""

    found: Mapping[str, LoadedRecipe[PackageRecipe]] = field(default_factory=dict)

    def get(self, name: str) -> LoadedRecipe[PackageRecipe] | None:
        """The recipe of a package, if it has one."""
        return self.found.get(canonicalize_name(name))


def recipe_directories(environ: Mapping[str, str], kind: str) -> tuple[Path, ...]:
    """The directories that recipes are in, but for those that come with crosswheel.

    :param kind: ``packages`` or ``libraries``, a directory in each place.
    """
    given = [Path(place).expanduser() for place in environ.get(VARIABLE, "").split(os.pathsep) if place]
    return tuple(place / kind for place in (PlatformDirs("crosswheel").user_config_path / "recipes", *given))


def read_packages(directories: Sequence[Path]) -> PackageRecipes:
    """The recipes of packages that come with crosswheel, and those in further directories.

    :raises UsageError: when one is wrong, or there are two of one name.
    """
    built_in = Path(str(files("crosswheel.recipes").joinpath("packages")))
    return PackageRecipes(read_recipes(PackageRecipe, (built_in, *directories)))


def read_recipes(kind: type[_T], directories: Sequence[Path]) -> dict[str, LoadedRecipe[_T]]:
    """All recipes of a kind in some directories, one file ``NAME.toml`` each, by name.

    :raises UsageError: when one is wrong, or there are two of one name.
    """
    read: dict[str, LoadedRecipe[_T]] = {}
    for file in _files(directories):
        found = read_recipe(kind, file)
        if other := read.get(found.name):
            hint = f"remove one; the other is {other.file}"
            raise UsageError(f"there are two recipes of {found.name}", where=file, hint=hint)
        read[found.name] = found
    return read


def read_recipe(kind: type[_T], file: Path) -> LoadedRecipe[_T]:
    """A recipe in a TOML file.

    :raises UsageError: when it is wrong, or its file's name is not a normalized name.
    """
    name = canonicalize_name(file.stem)
    if name != file.stem:
        raise UsageError(f"the file of a recipe has the normalized name: {name}.toml", where=file)
    return LoadedRecipe(name, read_table(kind, read_toml(file), name="", where=file), file)


def _files(directories: Sequence[Path]) -> Iterator[Path]:
    for directory in directories:
        yield from sorted(directory.glob("*.toml"))
