"""Listing recipes, and checking them: names, sources, patches and targets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosswheel.errors import CrosswheelError
from crosswheel.host.files import temporary_directory
from crosswheel.native_libraries import LibraryRecipe, read_catalogue
from crosswheel.recipes.catalogue import LoadedRecipe, read_packages, read_recipe, recipe_directories
from crosswheel.recipes.model import PackageRecipe
from crosswheel.recipes.pyodide_meta import FILE, package_recipe, read_meta
from crosswheel.recipes.sources import SourceArchive, fetch_archive, fetch_extra_sources, unpack_sources
from crosswheel.settings.merge import build_identifiers
from crosswheel.settings.options import select_matches
from crosswheel.targets import PythonVersion, all_targets
from crosswheel.targets.python_version import NEWEST_MINOR, OLDEST_MINOR
from crosswheel.toml_models import read_toml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from crosswheel.host import Host
    from crosswheel.native_libraries import LibraryCatalogue
    from crosswheel.targets import MinimumVersions

    Recipe = LoadedRecipe[PackageRecipe] | LoadedRecipe[LibraryRecipe]


_ANY = ("*",)
"""Names that match patches for all builds only."""


@dataclass(frozen=True)
class RecipeFinding:
    """A finding about a recipe.

    :param error: whether builds with the recipe fail.
    """

    file: Path
    what: str
    error: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return the values as JSON types."""
        return {"file": str(self.file), "what": self.what, "error": self.error}


@dataclass(frozen=True)
class RecipeEntry:
    """An entry in the list of recipes."""

    kind: str
    name: str
    version: str
    status: str
    file: Path

    def as_json(self) -> dict[str, str]:
        """Return the values as JSON types."""
        return {"kind": self.kind, "name": self.name, "version": self.version, "status": self.status,
                "file": str(self.file)}  # fmt: skip


def list_recipes(host: Host) -> tuple[RecipeEntry, ...]:
    """Return all recipes that builds use by default.

    :raises UsageError: if a recipe is invalid.
    """
    return tuple(
        RecipeEntry(
            _kind(loaded),
            loaded.name,
            loaded.recipe.version,
            str(getattr(loaded.recipe, "status", "") or "works"),
            loaded.file,
        )
        for loaded in _default_recipes(host)
    )


def check_recipes(
    host: Host, paths: Sequence[Path], minimum_versions: MinimumVersions, *, fetch: bool = True
) -> tuple[RecipeFinding, ...]:
    """Check recipes.

    :param paths: their files; if empty, all that builds use by default.
    :param minimum_versions: the toolchain, for the list of targets.
    :param fetch: whether to download sources and apply patches.
    """
    catalogue = read_catalogue(recipe_directories(host.environ, "libraries"))
    names = _names(minimum_versions)
    findings: list[RecipeFinding] = []
    for path in paths or [recipe.file for recipe in _default_recipes(host)]:
        try:
            findings += _findings(host, _read(path, catalogue), catalogue, names, fetch=fetch)
        except CrosswheelError as error:
            findings.append(RecipeFinding(path, f"{error.what}" + (f" ({error.hint})" if error.hint else "")))
    return tuple(findings)


def load_recipe(host: Host, path: Path) -> Recipe:
    """Read a recipe of a package or a library.

    :raises UsageError: if it is invalid.
    """
    return _read(path, read_catalogue(recipe_directories(host.environ, "libraries")))


def _default_recipes(host: Host) -> tuple[Recipe, ...]:
    packages = read_packages(recipe_directories(host.environ, "packages")).found.values()
    libraries = read_catalogue(recipe_directories(host.environ, "libraries")).recipes.values()
    return (*packages, *libraries)


def _names(minimum_versions: MinimumVersions) -> tuple[str, ...]:
    """Return all names that patterns can match: those of builds and, for libraries, of targets."""
    targets = tuple(all_targets(minimum_versions))
    minors = range(OLDEST_MINOR, NEWEST_MINOR + 1)
    every = [PythonVersion(minor, freethreaded=free) for minor in minors for free in (False, True)]
    pairs = ((target, version) for target in targets for version in target.pythons or every)
    combined = (name for target, version in pairs for name in build_identifiers(target, version))
    return (*combined, *(name for target in targets for name in (target.tag, target.alias)))


def _kind(loaded: Recipe) -> str:
    return "library" if isinstance(loaded.recipe, LibraryRecipe) else "package"


def _read(path: Path, catalogue: LibraryCatalogue) -> Recipe:
    if path.name == FILE:
        meta = read_meta(path)
        return (
            package_recipe(path, catalogue.resolve_name) if meta.build.type == "package" else _library(path, catalogue)
        )
    if "build" in read_toml(path):
        return read_recipe(LibraryRecipe, path)
    return read_recipe(PackageRecipe, path)


def _library(path: Path, catalogue: LibraryCatalogue) -> LoadedRecipe[LibraryRecipe]:
    from crosswheel.native_libraries.pyodide_meta import load_library

    return load_library(read_meta(path), path, catalogue.resolve_name)


def _findings(
    host: Host, loaded: Recipe, catalogue: LibraryCatalogue, names: Iterable[str], *, fetch: bool
) -> Iterator[RecipeFinding]:
    recipe, file = loaded.recipe, loaded.file
    for name in _needed(recipe):
        if name not in catalogue.recipes and not (file.parent.parent / name / FILE).is_file():
            yield RecipeFinding(file, f"there is no recipe of a library {name!r}")
    for override in recipe.overrides:
        if not select_matches(override.select, names):
            yield RecipeFinding(file, f"no target matches {', '.join(override.select)}", error=False)
    if isinstance(recipe, PackageRecipe) and recipe.status in {"disabled", "experimental"} and not recipe.reason:
        yield RecipeFinding(file, f"it is {recipe.status} without a reason")
    for text in (*(f"ignored: {key}" for key in loaded.ignored_keys), *loaded.notes):
        yield RecipeFinding(file, text, error=False)
    if isinstance(recipe.source, SourceArchive):
        if len(recipe.source.urls) == 1:
            yield RecipeFinding(file, "its sources have one URL and no mirror", error=False)
        if fetch:
            _check_sources(host, loaded, recipe.source)


def _needed(recipe: LibraryRecipe | PackageRecipe) -> tuple[str, ...]:
    """Return all native libraries that a recipe names."""
    if isinstance(recipe, LibraryRecipe):
        return recipe.depends
    return tuple(dict.fromkeys(name for each in (recipe, *recipe.overrides) for name in each.native_libraries))


def _check_sources(host: Host, loaded: Recipe, source: SourceArchive) -> None:
    """Download the sources and apply the recipe's changes.

    :raises SourceError: if that fails.
    """
    recipe, directory = loaded.recipe, loaded.directory
    changes = recipe.changes(directory, _ANY)
    with host.progress.step(f"checking {loaded.name}"), temporary_directory() as work:
        parts = fetch_extra_sources(host, recipe.extra_sources, directory) if isinstance(recipe, LibraryRecipe) else ()
        unpack_sources(fetch_archive(host, source, directory), changes, work / "sources", parts)
