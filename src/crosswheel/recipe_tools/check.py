"""Checking recipes beyond what can be read from their keys: are the sources there, do the patches apply?"""

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
from crosswheel.recipes.sources import SourceArchive, fetch_archive, fetch_parts, unpack_sources
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
"""Stands for any combination: what is only for some is left out."""


@dataclass(frozen=True)
class RecipeFinding:
    """Something to know of a recipe.

    :param error: whether builds by it fail.
    """

    file: Path
    what: str
    error: bool = True

    def as_json(self) -> dict[str, Any]:
        """The same in plain values."""
        return {"file": str(self.file), "what": self.what, "error": self.error}


@dataclass(frozen=True)
class RecipeEntry:
    """A recipe in a list."""

    kind: str
    name: str
    version: str
    status: str
    file: Path

    def as_json(self) -> dict[str, str]:
        """The same in plain values."""
        return {"kind": self.kind, "name": self.name, "version": self.version, "status": self.status,
                "file": str(self.file)}  # fmt: skip


def list_recipes(host: Host) -> tuple[RecipeEntry, ...]:
    """All recipes that builds find by themselves.

    :raises UsageError: when one cannot be read.
    """
    return tuple(
        RecipeEntry(_kind(found), found.name, found.recipe.version, str(getattr(found.recipe, "status", "") or "works"),
               found.file)
        for found in _all(host)
    )  # fmt: skip


def check_recipes(
    host: Host, paths: Sequence[Path], minimum_versions: MinimumVersions, *, fetch: bool = True
) -> tuple[RecipeFinding, ...]:
    """Check recipes.

    :param paths: their files; all that builds find by themselves if there are none.
    :param minimum_versions: whatever knows the targets there are.
    :param fetch: whether sources are fetched, and patches tried.
    """
    catalogue = read_catalogue(recipe_directories(host.environ, "libraries"))
    names = _names(minimum_versions)
    found: list[RecipeFinding] = []
    for path in paths or [each.file for each in _all(host)]:
        try:
            found += _findings(host, _read(path, catalogue), catalogue, names, fetch=fetch)
        except CrosswheelError as error:
            found.append(RecipeFinding(path, f"{error.what}" + (f" ({error.hint})" if error.hint else "")))
    return tuple(found)


def load_recipe(host: Host, path: Path) -> Recipe:
    """A recipe of any kind.

    :raises UsageError: when it is wrong.
    """
    return _read(path, read_catalogue(recipe_directories(host.environ, "libraries")))


def _all(host: Host) -> tuple[Recipe, ...]:
    packages = read_packages(recipe_directories(host.environ, "packages")).found.values()
    libraries = read_catalogue(recipe_directories(host.environ, "libraries")).recipes.values()
    return (*packages, *libraries)


def _names(minimum_versions: MinimumVersions) -> tuple[str, ...]:
    """Everything that patterns over targets can match: of combinations with a Python, and of targets alone."""
    targets = tuple(all_targets(minimum_versions))
    minors = range(OLDEST_MINOR, NEWEST_MINOR + 1)
    every = [PythonVersion(minor, freethreaded=free) for minor in minors for free in (False, True)]
    pairs = ((target, version) for target in targets for version in target.pythons or every)
    combined = (name for target, version in pairs for name in build_identifiers(target, version))
    return (*combined, *(name for target in targets for name in (target.tag, target.alias)))


def _kind(found: Recipe) -> str:
    return "library" if isinstance(found.recipe, LibraryRecipe) else "package"


def _read(path: Path, catalogue: LibraryCatalogue) -> Recipe:
    if path.name == FILE:
        meta = read_meta(path)
        return package_recipe(path, catalogue.resolve_name) if meta.build.type == "package" else _library(path)
    if "build" in read_toml(path):
        return read_recipe(LibraryRecipe, path)
    return read_recipe(PackageRecipe, path)


def _library(path: Path) -> LoadedRecipe[LibraryRecipe]:
    from crosswheel.native_libraries.pyodide_meta import library_recipe

    meta = read_meta(path)
    return LoadedRecipe(meta.package.name, library_recipe(meta, path), path)


def _findings(
    host: Host, found: Recipe, catalogue: LibraryCatalogue, names: Iterable[str], *, fetch: bool
) -> Iterator[RecipeFinding]:
    recipe, file = found.recipe, found.file
    for name in _needed(recipe):
        if name not in catalogue.recipes and not (file.parent.parent / name / FILE).is_file():
            yield RecipeFinding(file, f"there is no recipe of a library {name!r}")
    for override in recipe.overrides:
        if not select_matches(override.select, names):
            yield RecipeFinding(file, f"no target there is matches {', '.join(override.select)}", error=False)
    if isinstance(recipe, PackageRecipe) and recipe.status in {"disabled", "experimental"} and not recipe.reason:
        yield RecipeFinding(file, f"it is {recipe.status}, and says no reason")
    for text in found.ignored_keys:
        yield RecipeFinding(file, f"not followed: {text}", error=False)
    if isinstance(recipe.source, SourceArchive):
        if len(recipe.source.urls) == 1:
            yield RecipeFinding(file, "its sources have one place and no mirror", error=False)
        if fetch:
            _try_sources(host, found, recipe.source)


def _needed(recipe: LibraryRecipe | PackageRecipe) -> tuple[str, ...]:
    """The libraries that it names, wherever."""
    if isinstance(recipe, LibraryRecipe):
        return recipe.depends
    return tuple(dict.fromkeys(name for each in (recipe, *recipe.overrides) for name in each.native_libraries))


def _try_sources(host: Host, found: Recipe, source: SourceArchive) -> None:
    """Fetch the sources and change them.

    :raises SourceError: when that fails.
    """
    recipe, place = found.recipe, found.directory
    changes = recipe.changes(place, _ANY)
    with host.progress.step(f"checking {found.name}"), temporary_directory() as work:
        parts = fetch_parts(host, recipe.extra_sources, place) if isinstance(recipe, LibraryRecipe) else ()
        unpack_sources(fetch_archive(host, source, place), changes, work / "sources", parts)
