"""From sources and settings to what is asked of the pipeline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosswheel.building.options import build_options
from crosswheel.building.recipe_set import requirements_of_recipes
from crosswheel.settings.merge import build_identifiers, resolve
from crosswheel.settings.read import ProjectSettings, read_settings
from crosswheel.targets.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crosswheel.building.options import BuildOptions
    from crosswheel.settings.model import Settings
    from crosswheel.targets import PythonVersion, Target


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """Sources that are built for the same targets and Pythons with the same options.

    :param targets: none for all that the toolchain reaches.
    :param selection: which of their combinations with Pythons are built.
    :param notes: what the sources say of building that is not used.
    :param options: what holds wherever ``options_for`` does not say otherwise.
    :param options_for: the options of one combination; None when all have the same.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    pythons: tuple[str, ...]
    selection: Selection
    notes: tuple[str, ...]
    options: BuildOptions
    options_for: Callable[[Target, PythonVersion], BuildOptions] | None = None


def build_requests(sources: Sequence[str], given: Settings, **more: Any) -> tuple[BuildRequest, ...]:
    """What to build: neighbouring sources with the same settings make one order.

    Only a directory has settings of its own: an archive or a requirement comes from somebody who does not know
    this machine, and must not choose where files are written or what is run here.

    :param sources: what the recipes that are given are for, if empty, or else the current directory.
    :param given: the settings of the command line, which win over those of a directory.
    :param more: options that only the command line can give.
    :raises UsageError: when a directory's ``pyproject.toml`` is not as it must be.
    """
    projects = [
        (source, project_settings(source, given))
        for source in sources or requirements_of_recipes(given.recipes or ()) or (".",)
    ]
    return tuple(
        build_request(tuple(source for source, _ in group), project, given, **more)
        for project, group in ((one, list(group)) for one, group in groupby(projects, key=lambda pair: pair[1]))
    )


def project_settings(source: str, given: Settings) -> ProjectSettings:
    """What a source says of how it is built; the Pythons it is for only where they are not named by anybody.

    :raises UsageError: as :func:`build_requests` does.
    """
    pyproject = Path(source) / "pyproject.toml"
    found = read_settings(pyproject) if pyproject.is_file() else ProjectSettings()
    settings = resolve(found.tables, given)
    open_to_any = _selection(settings, "").names_builds and not settings.pythons
    return found if open_to_any else replace(found, requires_python="")


def _selection(settings: Settings, requires_python: str) -> Selection:
    return Selection(settings.build or (), settings.skip or (), settings.archs or (), requires_python)


def build_request(sources: tuple[str, ...], project: ProjectSettings, given: Settings, **more: Any) -> BuildRequest:
    """What is asked for sources, of what their project and the command line say."""
    settings = resolve(project.tables, given)
    selection = _selection(settings, project.requires_python)
    varied = any(table.overrides for table in project.tables)
    return BuildRequest(
        sources,
        settings.targets or (() if selection.names_builds else ("native",)),
        settings.pythons or (),
        selection,
        project.notes,
        build_options(settings, **more),
        partial(_options_for, project.tables, given, more) if varied else None,
    )


def _options_for(
    tables: Sequence[Settings], given: Settings, more: Mapping[str, Any], target: Target, python: PythonVersion
) -> BuildOptions:
    return build_options(resolve(tables, given, build_identifiers(target, python)), **more)
