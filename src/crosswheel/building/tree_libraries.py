"""Native libraries by recipes of Pyodide, or by crosswheel's own where their sources cannot be had."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from crosswheel.errors import SourceError
from crosswheel.recipes.pyodide_meta import FILE
from crosswheel.recipes.sources import fetch_archive
from crosswheel.toml_models import StringOrList

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from crosswheel.building.context import BuildContext
    from crosswheel.native_libraries import LibraryCatalogue, LibraryRecipe
    from crosswheel.recipes.catalogue import LoadedRecipe
    from crosswheel.recipes.model import PackageRecipe


_OF_THE_C_LIBRARY = frozenset({"libiconv"})
"""Libraries whose functions the C library has: glibc, musl and Emscripten's."""


def use_available_libraries(context: BuildContext, recipe: PackageRecipe) -> tuple[BuildContext, PackageRecipe]:
    """Replace libraries of Pyodide's recipes whose sources no server has by crosswheel's, and note that.

    :param recipe: a package's recipe.
    :returns: the context with the recipes of libraries, and the recipe with the names of the libraries.
    """
    own = context.recipes.own_catalogue
    if own is None:
        return context, recipe
    catalogue = context.recipes.catalogue
    names: dict[str, str] = {}
    for loaded in _of_pyodide(catalogue, recipe.native_libraries):
        try:
            fetch_archive(context.host, loaded.recipe.source, loaded.directory)
        except SourceError as error:
            replacement = own.resolve_name(loaded.name)
            if replacement is None and loaded.name not in _OF_THE_C_LIBRARY:
                continue  # its build fails, and says why
            names[loaded.name] = replacement or ""
            instead = f"using crosswheel's recipe of {replacement}" if replacement else "the C library has it"
            context.host.progress.note(f"{loaded.name} {loaded.recipe.version}: {error.what}; {instead}")
    if not names:
        return context, recipe
    rest = {
        name: replace(
            loaded, recipe=msgspec.structs.replace(loaded.recipe, depends=_rename(loaded.recipe.depends, names))
        )
        for name, loaded in catalogue.recipes.items()
        if name not in names
    }
    recipes = replace(context.recipes, catalogue=own.with_recipes(rest))
    libraries = StringOrList(_rename(recipe.libraries or (), names))
    return replace(context, recipes=recipes), msgspec.structs.replace(recipe, libraries=libraries)


def _of_pyodide(catalogue: LibraryCatalogue, names: Iterable[str]) -> Iterator[LoadedRecipe[LibraryRecipe]]:
    """Yield the recipes of Pyodide for libraries and what they depend on."""
    seen: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        loaded = catalogue.recipes.get(name)
        if loaded is not None and loaded.file.name == FILE and name not in seen:
            seen.add(name)
            pending += loaded.recipe.depends
            yield loaded


def _depend_on(loaded: LoadedRecipe[LibraryRecipe], names: Mapping[str, str]) -> LoadedRecipe[LibraryRecipe]:
    depends = _rename(loaded.recipe.depends, names)
    return replace(loaded, recipe=msgspec.structs.replace(loaded.recipe, depends=depends))


def _rename(names: Iterable[str], renamed: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(new for name in names if (new := renamed.get(name, name))))
