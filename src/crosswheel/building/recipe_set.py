"""The recipes that builds use: loading them, and finding that of a package."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from crosswheel.errors import UsageError
from crosswheel.host.files import sha256
from crosswheel.recipes.catalogue import LoadedRecipe, PackageRecipes, read_packages, read_recipe, recipe_directories
from crosswheel.recipes.model import PackageRecipe
from crosswheel.recipes.pyodide_meta import FILE, package_recipe
from crosswheel.sources.model import SourceRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from crosswheel.native_libraries import LibraryCatalogue, LibraryRecipe


@dataclass(frozen=True)
class RecipeSet:
    """The recipes that builds use.

    :param catalogue: recipes of native libraries.
    :param packages: recipes of packages, from directories.
    :param selected: recipes of packages that the user named by their files; they take precedence.
    :param pyodide: the files of Pyodide's recipes of packages, by name, from directories; read when they are used.
    :param own_catalogue: the recipes of native libraries without those of Pyodide; None if that is all.
    """

    catalogue: LibraryCatalogue
    packages: PackageRecipes = field(default_factory=PackageRecipes)
    selected: tuple[LoadedRecipe[PackageRecipe], ...] = ()
    pyodide: Mapping[str, Path] = field(default_factory=dict)
    own_catalogue: LibraryCatalogue | None = None

    def find(self, request: SourceRequest) -> LoadedRecipe[PackageRecipe] | None:
        """Return the recipe of a requested package, if its name is known before the source is; see :meth:`named`."""
        return self.named(request.name) if request.name else None

    def named(self, name: str) -> LoadedRecipe[PackageRecipe] | None:
        """Return the recipe of a package, if any.

        :param name: normalized.
        """
        if selected := next((loaded for loaded in self.selected if loaded.name == name), None):
            return selected
        file = self.pyodide.get(canonicalize_name(name))
        return _read_file(file, self.catalogue.resolve_name) if file else self.packages.get(name)

    def identity(self, name: str, identifiers: tuple[str, ...]) -> str:
        """Identify the recipe of a package, for cache keys; empty if there is none.

        :param identifiers: the build identifiers of the target and Python.
        :raises SourceError: if one of the recipe's files is missing, or its hash differs.
        """
        loaded = self.find(SourceRequest.parse(name))
        if loaded is None:
            return ""
        changes = loaded.recipe.for_build(identifiers).changes(loaded.directory, identifiers)
        return f"{sha256(loaded.file)} {changes.identity()}"


def read_recipe_set(environ: Mapping[str, str], paths: Sequence[str] | None = ()) -> RecipeSet:
    """Read the recipes that are part of crosswheel, those of the user's directories, and those at the paths.

    :param paths: directories of recipes, and files of single recipes; None for no recipes of packages at all.
    :raises UsageError: if a recipe is invalid, or a package or library has two.
    """
    from crosswheel.native_libraries import read_catalogue
    from crosswheel.native_libraries.pyodide_meta import sibling_libraries, tree_libraries

    files = tuple(filter(None, map(_recipe_file, paths or ())))
    directories = [Path(path) for path in paths or () if _recipe_file(path) is None]
    for directory in directories:
        if not any((directory / kind).is_dir() for kind in ("packages", "libraries")):
            hint = "a directory of recipes has a subdirectory packages or libraries"
            raise UsageError("no recipes found", where=directory, hint=hint)
    library_directories = (
        *recipe_directories(environ, "libraries"),
        *(directory / "libraries" for directory in directories),
    )
    own = read_catalogue(library_directories)
    metas = tuple(file for directory in directories for file in sorted(directory.glob(f"packages/*/{FILE}")))
    siblings = {name: loaded for file in files for name, loaded in sibling_libraries(file, own.resolve_name).items()}
    siblings |= tree_libraries(metas, own.resolve_name)
    catalogue = own.with_recipes(siblings)
    if paths is None:
        return RecipeSet(catalogue)
    packages = read_packages(
        (*recipe_directories(environ, "packages"), *(directory / "packages" for directory in directories))
    )
    selected = (_read_file(file, catalogue.resolve_name) for file in files)
    return RecipeSet(
        catalogue,
        packages,
        tuple(
            replace(each, ignored_keys=(*each.ignored_keys, *_ignored_in_libraries(each, siblings)))
            for each in selected
        ),
        {canonicalize_name(file.parent.name): file for file in metas if file.parent.name not in siblings},
        own,
    )


def _ignored_in_libraries(
    package: LoadedRecipe[PackageRecipe], siblings: Mapping[str, LoadedRecipe[LibraryRecipe]]
) -> Iterator[str]:
    """Yield the ignored keys in recipes of the libraries that a package is built with."""
    for name in package.recipe.native_libraries:
        yield from siblings[name].ignored_keys if name in siblings else ()


def requirements_of_recipes(recipes: Sequence[str]) -> tuple[str, ...]:
    """Return the packages of the single recipes among the paths, as requirements.

    :raises UsageError: if a recipe is invalid.
    """
    loaded = [_read_file(file, lambda _: None) for file in filter(None, map(_recipe_file, recipes))]
    return tuple(f"{each.name}=={each.recipe.version}" if each.recipe.version else each.name for each in loaded)


def _recipe_file(text: str) -> Path | None:
    """Return the file of a single recipe; None for a directory of recipes."""
    path = Path(text)
    return path / FILE if (path / FILE).is_file() else path if path.is_file() else None


def _read_file(file: Path, library: Callable[[str], str | None]) -> LoadedRecipe[PackageRecipe]:
    return package_recipe(file, library) if file.name == FILE else read_recipe(PackageRecipe, file.absolute())
