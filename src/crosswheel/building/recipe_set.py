"""Recipes brought into builds: which one holds, what it makes of options and sources."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.building.options import merge_recipe_options
from crosswheel.errors import BuildError, SourceError, UsageError
from crosswheel.host.files import sha256
from crosswheel.recipes.catalogue import LoadedRecipe, PackageRecipes, read_packages, read_recipe, recipe_directories
from crosswheel.recipes.model import PackageRecipe
from crosswheel.recipes.pyodide_meta import FILE, package_recipe
from crosswheel.recipes.sources import SourceArchive, fetch_archive
from crosswheel.settings.merge import build_identifiers
from crosswheel.sources.fetch import fetch_source, source_from_archive
from crosswheel.sources.model import SourceRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from packaging.requirements import Requirement

    from crosswheel.building.pipeline import BuildContext
    from crosswheel.host import Host
    from crosswheel.native_libraries import LibraryCatalogue, LibraryRecipe
    from crosswheel.sources.index_settings import IndexSettings
    from crosswheel.sources.model import Source


@dataclass(frozen=True)
class RecipeSet:
    """The recipes that builds look into.

    :param catalogue: of libraries; ``packages`` by name.
    :param chosen: those of packages that are named by their files, which win.
    """

    catalogue: LibraryCatalogue
    packages: PackageRecipes = field(default_factory=PackageRecipes)
    selected: tuple[LoadedRecipe[PackageRecipe], ...] = ()

    def find(self, request: SourceRequest) -> LoadedRecipe[PackageRecipe] | None:
        """The recipe of what was asked for. A directory has none: its own ``pyproject.toml`` says what it needs."""
        name = request.name
        if name is None:
            return None
        return next((found for found in self.selected if found.name == name), None) or self.packages.get(name)

    def identity(self, name: str, names: tuple[str, ...]) -> str:
        """What decides how a package is built besides its sources, target and toolchain; empty without a recipe.

        :param names: of the combination of target and Python.
        :raises SourceError: when one of the recipe's files is missing, or is not what the recipe says.
        """
        found = self.find(SourceRequest.parse(name))
        if found is None:
            return ""
        changes = found.recipe.for_build(names).changes(found.directory, names)
        return f"{sha256(found.file)} {changes.identity()}"


def read_recipe_set(environ: Mapping[str, str], given: Sequence[str] | None = ()) -> RecipeSet:
    """The recipes that come with crosswheel, a person's own, and those that are given.

    :param given: directories of recipes, and files of single ones; None for no recipes of packages at all.
    :raises UsageError: when a recipe is wrong, or there are two for one package or library.
    """
    from crosswheel.native_libraries import read_catalogue
    from crosswheel.native_libraries.pyodide_meta import sibling_libraries

    files = tuple(filter(None, map(_file, given or ())))
    directories = [Path(place) for place in given or () if _file(place) is None]
    for directory in directories:
        if not any((directory / kind).is_dir() for kind in ("packages", "libraries")):
            hint = "recipes lie in packages/ and libraries/ of it"
            raise UsageError("there are no recipes", where=directory, hint=hint)
    beside = {name: found for file in files for name, found in sibling_libraries(file).items()}
    own = (*recipe_directories(environ, "libraries"), *(directory / "libraries" for directory in directories))
    catalogue = read_catalogue(own).with_recipes(beside)
    if given is None:
        return RecipeSet(catalogue)
    packages = read_packages(
        (*recipe_directories(environ, "packages"), *(directory / "packages" for directory in directories))
    )
    chosen = (_read_file(file, catalogue.resolve_name) for file in files)
    return RecipeSet(
        catalogue,
        packages,
        tuple(replace(each, ignored_keys=(*each.ignored_keys, *_below(each, beside))) for each in chosen),
    )


def _below(package: LoadedRecipe[PackageRecipe], beside: Mapping[str, LoadedRecipe[LibraryRecipe]]) -> Iterator[str]:
    """What is not followed of the recipes of libraries that a package is built with."""
    for name in package.recipe.native_libraries:
        yield from beside[name].ignored_keys if name in beside else ()


def requirements_of_recipes(recipes: Sequence[str]) -> tuple[str, ...]:
    """What the recipes of single packages are for, as requirements.

    :raises UsageError: when a recipe is wrong.
    """
    found = [_read_file(file, lambda _: None) for file in filter(None, map(_file, recipes))]
    return tuple(f"{each.name}=={each.recipe.version}" if each.recipe.version else each.name for each in found)


def _file(place: str) -> Path | None:
    """The file of a single recipe; None for a directory of many."""
    path = Path(place)
    return path / FILE if (path / FILE).is_file() else path if path.is_file() else None


def _read_file(file: Path, library: Callable[[str], str | None]) -> LoadedRecipe[PackageRecipe]:
    return package_recipe(file, library) if file.name == FILE else read_recipe(PackageRecipe, file.absolute())


def fetch_by_recipe(
    host: Host,
    request: SourceRequest,
    found: LoadedRecipe[PackageRecipe] | None,
    settings: IndexSettings,
    work: Path,
    constraints: Sequence[Requirement],
) -> Source:
    """A source, from where its recipe says, else as it was asked for.

    :param work: a directory that lives as long as the source is needed.
    :raises SourceError: when it cannot be had, is not what it should be, or is not the version asked for.
    """
    if found is None or not request.from_index:
        return fetch_source(host, request, settings, work, constraints)
    recipe = found.recipe
    if recipe.path:
        place = SourceRequest.parse(f"{found.directory / recipe.path}/")
        return replace(fetch_source(host, place, settings, work), label=f"{found.name}-{recipe.version}")
    if not isinstance(recipe.source, SourceArchive):
        return fetch_source(host, request, settings, work, constraints)
    wanted = request.requirement
    if wanted is not None and recipe.version and not wanted.specifier.contains(recipe.version, prereleases=True):
        raise SourceError(
            f"the recipe of {found.name} is for version {recipe.version}, not for {wanted}",
            where=found.file,
            hint=f"crosswheel recipe update {found.name}, or --no-recipes to build from the index alone",
        )
    with host.progress.step(f"fetching {found.name} {recipe.version}"):
        archive = fetch_archive(host, recipe.source, found.directory)
    return source_from_archive(host, archive, f"{found.name}-{recipe.version}", recipe.source.urls[0])


def apply_recipe(context: BuildContext, request: SourceRequest, source: Source) -> tuple[BuildContext, Source]:
    """Options and source as the recipe of what was asked for wants them, if it has one; it is told that it has.

    :raises BuildError: when the recipe says that it cannot be built there.
    :raises SourceError: when one of the recipe's files is missing, or is not what the recipe says.
    """
    found = context.recipes.find(request)
    if found is None:
        return context, source
    names = build_identifiers(context.target, context.python)
    recipe = found.recipe.for_build(names)
    if recipe.status == "disabled":
        raise BuildError(
            f"its recipe says that {found.name} cannot be built for {context.target}: {recipe.reason}",
            where=found.file,
            hint="--no-recipes builds without it",
        )
    experimental = f", which is experimental: {recipe.reason}" if recipe.status == "experimental" else ""
    context.host.progress.note(
        f"{source.label} for {context.target.alias} follows the recipe {found.file}{experimental}"
    )
    for text in found.ignored_keys:
        context.host.progress.note(f"{source.label}: not followed: {text}")
    options = replace(merge_recipe_options(context.options, recipe), recipe_directory=found.directory)
    return replace(context, options=options), replace(source, changes=recipe.changes(found.directory, names))
