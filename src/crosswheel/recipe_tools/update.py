"""Updating the version, URLs and hash in a recipe. The rest of its text is preserved."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from crosswheel.errors import CrosswheelError, SourceError, UsageError
from crosswheel.host.files import sha256, write_atomic
from crosswheel.native_libraries import LibraryRecipe
from crosswheel.recipe_tools.check import load_recipe
from crosswheel.recipes.sources import SourceArchive
from crosswheel.sources.find_sdist import find_sdist

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.sources.index_settings import IndexSettings


def update_recipe(host: Host, file: Path, index: IndexSettings, version: str | None = None) -> tuple[str, str]:
    """Update a recipe to a version.

    :param version: the new version; default the newest in the index. Required for libraries.
    :returns: the old version and the new one.
    :raises UsageError: if the recipe has no sources, or a library's version is not given.
    :raises SourceError: if no URL has the sources of that version.
    """
    found = load_recipe(host, file)
    recipe = found.recipe
    if not isinstance(recipe.source, SourceArchive):
        raise UsageError("the recipe has no sources: it applies to all versions", where=file)
    if isinstance(recipe, LibraryRecipe):
        if version is None:
            raise UsageError("--version is required for recipes of libraries", where=file)
        urls = tuple(url.replace(recipe.version, version) for url in recipe.source.urls)
        digest = _digest(host, urls)
    else:
        requirement = Requirement(f"{found.name}=={version}" if version else found.name)
        label, url, archive = find_sdist(host, requirement, index)
        version, digest = label.rpartition("-")[2], sha256(archive)
        urls = (url, *(other.replace(recipe.version, version) for other in recipe.source.urls[1:]))
    text = file.read_text("utf-8")
    for old, new in (*zip(recipe.source.urls, urls, strict=True), (recipe.source.sha256, digest)):
        text = text.replace(old, new)
    text = re.sub(rf'(?m)^(\s*version\s*[=:]\s*["\']?){re.escape(recipe.version)}\b', rf"\g<1>{version}", text, count=1)
    write_atomic(file, text)
    return recipe.version, version


def _digest(host: Host, urls: tuple[str, ...]) -> str:
    failures = []
    for url in urls:
        try:
            return hashlib.sha256(host.downloader.read_bytes(url)).hexdigest()
        except CrosswheelError as error:
            failures.append(f"{url}: {error.what}")
    raise SourceError("the sources are not available: " + "; ".join(failures))
