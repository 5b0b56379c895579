"""How a package's recipe changes where its source comes from, the source itself, and the options of its build."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_version

from crosswheel.building.options import merge_recipe_options
from crosswheel.building.tree_libraries import use_available_libraries
from crosswheel.errors import BuildError, CrosswheelError, SourceError
from crosswheel.host.files import sha256
from crosswheel.recipes.pyodide_meta import FILE
from crosswheel.recipes.sources import SourceArchive, fetch_archive
from crosswheel.settings.merge import build_identifiers
from crosswheel.sources.fetch import fetch_source, source_from_archive
from crosswheel.sources.find_sdist import find_sdist
from crosswheel.sources.model import SourceRequest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from crosswheel.building.context import BuildContext
    from crosswheel.host import Host
    from crosswheel.recipes.catalogue import LoadedRecipe
    from crosswheel.recipes.model import PackageRecipe
    from crosswheel.sources.index_settings import IndexSettings
    from crosswheel.sources.model import Source


def fetch_by_recipe(
    host: Host,
    request: SourceRequest,
    loaded: LoadedRecipe[PackageRecipe] | None,
    settings: IndexSettings,
    work: Path,
    constraints: Sequence[Requirement],
) -> Source:
    """Fetch a source from where its recipe says, or as it was requested if no recipe names a place.

    :param loaded: the package's recipe, if any.
    :param settings: of the package index.
    :param work: a directory that must exist as long as the source is used.
    :param constraints: constraints on versions from the index.
    :raises SourceError: if it cannot be fetched, its hash differs, or the recipe is for a version that the request
        excludes.
    """
    if loaded is None or not request.from_index:
        return fetch_source(host, request, settings, work, constraints)
    recipe = loaded.recipe
    if recipe.path:
        directory = SourceRequest.parse(f"{loaded.directory / recipe.path}/")
        return replace(fetch_source(host, directory, settings, work), label=f"{loaded.name}-{recipe.version}")
    if not isinstance(recipe.source, SourceArchive):
        return fetch_source(host, request, settings, work, constraints)
    requirement = request.requirement
    excluded = requirement and recipe.version and not requirement.specifier.contains(recipe.version, prereleases=True)
    if excluded:
        raise SourceError(
            f"the recipe of {loaded.name} is for version {recipe.version}, not for {requirement}",
            where=loaded.file,
            hint=f"crosswheel recipe update {loaded.name}, or --no-recipes to build from the index alone",
        )
    with host.progress.step(f"fetching {loaded.name} {recipe.version}"):
        archive = _fetch(host, loaded, recipe.source, settings)
    return source_from_archive(host, archive, f"{loaded.name}-{recipe.version}", recipe.source.urls[0])


def _fetch(host: Host, loaded: LoadedRecipe[PackageRecipe], source: SourceArchive, settings: IndexSettings) -> Path:
    """Fetch a recipe's archive, or the same one from the package index where its URLs do not have it.

    :raises SourceError: if neither has it; that of the URLs.
    """
    try:
        return fetch_archive(host, source, loaded.directory)
    except SourceError:
        if not loaded.recipe.version:
            raise
        with contextlib.suppress(CrosswheelError):
            *_, file = find_sdist(host, Requirement(f"{loaded.name}=={loaded.recipe.version}"), settings)
            if sha256(file) == source.sha256:
                return file
        raise


def apply_recipe(context: BuildContext, request: SourceRequest, source: Source) -> tuple[BuildContext, Source]:
    """Apply the package's recipe, if any, to the options and the source, and report it as progress notes.

    :raises BuildError: if the recipe disables the package for the target.
    :raises SourceError: if one of the recipe's files is missing, or its hash differs.
    """
    loaded = context.recipes.find(request) or _recipe_of_directory(context, source)
    if loaded is None:
        return context, source
    identifiers = build_identifiers(context.target, context.python)
    recipe = loaded.recipe.for_build(identifiers)
    if recipe.status == "disabled":
        raise BuildError(
            f"its recipe disables {loaded.name} for {context.target}: {recipe.reason}",
            where=loaded.file,
            hint="--no-recipes builds without it",
        )
    experimental = f" (experimental: {recipe.reason})" if recipe.status == "experimental" else ""
    context.host.progress.note(f"{source.label} for {context.target.alias}: using recipe {loaded.file}{experimental}")
    for text in loaded.ignored_keys:
        context.host.progress.note(f"{source.label}: ignored in the recipe: {text}")
    for text in loaded.notes:
        context.host.progress.note(f"{loaded.file}: {text}")
    context, recipe = use_available_libraries(context, recipe)
    merged = merge_recipe_options(context.options, recipe)
    options = replace(merged, recipe_directory=loaded.directory, pyodide_variables=loaded.file.name == FILE)
    return replace(context, options=options), replace(source, changes=recipe.changes(loaded.directory, identifiers))


def _recipe_of_directory(context: BuildContext, source: Source) -> LoadedRecipe[PackageRecipe] | None:
    """Return the recipe of the package in a directory or repository, unless it is for another version."""
    loaded = context.recipes.named(source.project.name) if source.project.name else None
    if loaded is None or not (loaded.recipe.version and source.project.version):
        return loaded
    if canonicalize_version(loaded.recipe.version) == canonicalize_version(source.project.version):
        return loaded
    context.host.progress.note(
        f"{source.label} for {context.target.alias}: not using recipe {loaded.file}: it is for version "
        f"{loaded.recipe.version}, and this is {source.project.version}"
    )
    return None
