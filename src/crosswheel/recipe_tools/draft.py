"""Drafting the recipe of a package: what its metadata say, and what a trial build was missing."""

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

_HOMES = ("homepage", "home", "source", "repository")


def draft_recipe(
    host: Host, name: str, index: IndexSettings, directory: Path, trial: Callable[[str], WheelResult]
) -> tuple[Path, WheelResult]:
    """Write the recipe of a package into ``packages`` of a directory.

    :param name: as it is asked of an index.
    :param trial: builds it, with libraries that are found missing.
    :returns: the file, and what became of the trial. A failure is written down as the reason of a status.
    :raises UsageError: when there is such a file already.
    :raises SourceError: when the package cannot be had.
    """
    request = SourceRequest.parse(name)
    if request.requirement is None or not request.from_index:
        raise UsageError(f"{name} is not the name of a package", hint="give it as an index has it")
    file = directory / "packages" / f"{canonicalize_name(request.requirement.name)}.toml"
    if file.exists():
        raise UsageError("there is a recipe already", where=file, hint="remove it first, or change it by hand")
    with temporary_directory() as work:
        source = fetch_source(host, request, index, work)
        metadata = _metadata(source.checkout(work / "tree") / "PKG-INFO")
    result = trial(name)
    return write_atomic(file, recipe_text(metadata, result)), result


def recipe_text(metadata: Mapping[str, str], result: WheelResult) -> str:
    """The text of a recipe; only what is known and not usual stands in it."""
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in metadata.items() if value]
    if result.libraries:
        lines.append(f"libraries = {json.dumps(list(result.libraries))}")
    if result.error is not None:
        reason = f"for {result.target}: {result.error.what}"
        lines += ['status = "experimental"', f"reason = {json.dumps(reason, ensure_ascii=False)}"]
    return "\n".join(lines) + "\n"


def _metadata(file: Path) -> dict[str, str]:
    """What an sdist says of itself (core metadata); nothing where it has no such file."""
    if not file.is_file():
        return {}
    said = Parser().parsestr(file.read_text("utf-8", "replace"), headersonly=True)
    places = {label.strip().lower(): url.strip() for label, _, url in
              (text.partition(",") for text in said.get_all("Project-URL", []))}  # fmt: skip
    home = next((places[label] for label in _HOMES if label in places), said.get("Home-page", ""))
    license_text = said.get("License-Expression") or said.get("License") or ""
    return {
        "summary": said.get("Summary", ""),
        "homepage": home,
        "license": license_text if "\n" not in license_text else "",
    }
