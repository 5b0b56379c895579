"""What a recipe makes of the options and the source of a build."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crosswheel.building.options import merge_recipe_options
from crosswheel.errors import BuildError, SourceError
from crosswheel.recipes.sources import SourceArchive, fetch_archive
from crosswheel.settings.merge import build_identifiers
from crosswheel.sources.fetch import fetch_source, source_from_archive
from crosswheel.sources.model import SourceRequest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from packaging.requirements import Requirement

    from crosswheel.building.context import BuildContext
    from crosswheel.host import Host
    from crosswheel.recipes.catalogue import LoadedRecipe
    from crosswheel.recipes.model import PackageRecipe
    from crosswheel.sources.index import IndexSettings
    from crosswheel.sources.model import Source


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
