"""Drafting the recipe of a package from its metadata and the result of a trial build."""

from __future__ import annotations

import json
from email.parser import Parser
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from crosswheel.errors import UsageError
from crosswheel.host.files import temporary_directory, write_atomic
from crosswheel.sources.fetch import fetch_source
from crosswheel.sources.model import SourceRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from crosswheel.building.results import WheelResult
    from crosswheel.host import Host
    from crosswheel.sources.index_settings import IndexSettings

_HOMEPAGE_LABELS = ("homepage", "home", "source", "repository")


def draft_recipe(
    host: Host, name: str, index: IndexSettings, directory: Path, trial: Callable[[str], WheelResult]
) -> tuple[Path, WheelResult]:
    """Write the recipe of a package into ``packages`` of a directory.

    :param name: a requirement, as for an index.
    :param trial: builds a requirement, adding missing native libraries.
    :returns: the file, and the result of the trial build. The recipe of a package that does not build is experimental,
        with the error as the reason.
    :raises UsageError: if the file already exists.
    :raises SourceError: if the package is not available.
    """
    request = SourceRequest.parse(name)
    if request.requirement is None or not request.from_index:
        raise UsageError(f"{name} is not the name of a package", hint="use a name from the package index")
    file = directory / "packages" / f"{canonicalize_name(request.requirement.name)}.toml"
    if file.exists():
        raise UsageError("the recipe already exists", where=file, hint="remove or edit it")
    with temporary_directory() as work:
        source = fetch_source(host, request, index, work)
        metadata = _metadata(source.checkout(work / "tree") / "PKG-INFO")
    result = trial(name)
    return write_atomic(file, recipe_text(metadata, result)), result


def recipe_text(metadata: Mapping[str, str], result: WheelResult) -> str:
    """Return the text of a recipe, without keys that are unknown or have their default value."""
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in metadata.items() if value]
    if result.libraries:
        lines.append(f"libraries = {json.dumps(list(result.libraries))}")
    if result.error is not None:
        reason = f"for {result.target}: {result.error.what}"
        lines += ['status = "experimental"', f"reason = {json.dumps(reason, ensure_ascii=False)}"]
    return "\n".join(lines) + "\n"


def _metadata(file: Path) -> dict[str, str]:
    """Return the values for a recipe from an sdist's core metadata; empty if it has no ``PKG-INFO``."""
    if not file.is_file():
        return {}
    metadata = Parser().parsestr(file.read_text("utf-8", "replace"), headersonly=True)
    urls = {label.strip().lower(): url.strip() for label, _, url in
              (text.partition(",") for text in metadata.get_all("Project-URL", []))}  # fmt: skip
    home = next((urls[label] for label in _HOMEPAGE_LABELS if label in urls), metadata.get("Home-page", ""))
    license_text = metadata.get("License-Expression") or metadata.get("License") or ""
    return {
        "summary": metadata.get("Summary", ""),
        "homepage": home,
        "license": license_text if "\n" not in license_text else "",
    }
