"""Build requests: what to build, from the sources and settings that the user gives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from crosswheel.building.options import build_options
from crosswheel.building.recipe_set import requirements_of_recipes
from crosswheel.settings.merge import build_identifiers, resolve
from crosswheel.settings.read import ProjectSettings, read_settings
from crosswheel.sources.model import requested_directory
from crosswheel.targets.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crosswheel.building.options import BuildOptions
    from crosswheel.settings.model import Settings
    from crosswheel.targets import PythonVersion, Target


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """Sources to build for the same targets and Pythons with the same options.

    :param targets: platform tags or aliases; empty for every target that the toolchain supports.
    :param pythons: Python versions; empty for the default.
    :param selection: which combinations of a target and a Python are built.
    :param notes: warnings about settings that are not used.
    :param options: the options, unless ``options_for`` is set.
    :param options_for: returns the options for one combination; None if all combinations have the same.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    pythons: tuple[str, ...]
    selection: Selection
    notes: tuple[str, ...]
    options: BuildOptions
    options_for: Callable[[Target, PythonVersion], BuildOptions] | None = None


def build_requests(sources: Sequence[str], cli_settings: Settings, **cli_options: Any) -> tuple[BuildRequest, ...]:
    """Create the build requests for sources; adjacent sources with the same settings share one.

    Settings are read from directories only. An archive or a requirement comes from a third party, which must not
    decide where files are written or what runs on this machine.

    :param sources: if empty, the packages of the recipes in ``cli_settings``, or else the current directory.
    :param cli_settings: settings from the command line, which override those of a directory.
    :param cli_options: options that have no setting: ``keep``, ``rebuild``.
    :raises UsageError: if a directory's ``pyproject.toml`` is invalid.
    """
    projects = [
        (source, project_settings(source, cli_settings))
        for source in sources or requirements_of_recipes(cli_settings.recipes or ()) or (".",)
    ]
    return tuple(
        build_request(tuple(source for source, _ in group), project, cli_settings, **cli_options)
        for project, group in groupby(projects, key=lambda pair: pair[1])
    )


def project_settings(source: str, cli_settings: Settings) -> ProjectSettings:
    """Return the settings of a source, without ``requires-python`` if the Pythons are chosen by version.

    :raises UsageError: if its ``pyproject.toml`` is invalid.
    """
    directory = requested_directory(source)
    pyproject = directory / "pyproject.toml" if directory else None
    project = read_settings(pyproject) if pyproject and pyproject.is_file() else ProjectSettings()
    settings = resolve(project.tables, cli_settings)
    return replace(project, requires_python="") if settings.pythons else project


def _selection(settings: Settings, requires_python: str) -> Selection:
    return Selection(settings.build or (), settings.skip or (), settings.archs or (), requires_python)


def build_request(
    sources: tuple[str, ...], project: ProjectSettings, cli_settings: Settings, **cli_options: Any
) -> BuildRequest:
    """Create the build request for sources that have the same project settings."""
    settings = resolve(project.tables, cli_settings)
    selection = _selection(settings, project.requires_python)
    has_overrides = any(table.overrides for table in project.tables)
    return BuildRequest(
        sources,
        settings.targets or (() if selection.names_builds else ("native",)),
        settings.pythons or (),
        selection,
        project.notes,
        build_options(settings, **_origin_of_commands(project.tables, cli_settings), **cli_options),
        partial(_options_for, project.tables, cli_settings, cli_options) if has_overrides else None,
    )


def _options_for(
    tables: Sequence[Settings],
    cli_settings: Settings,
    cli_options: Mapping[str, Any],
    target: Target,
    python: PythonVersion,
) -> BuildOptions:
    names = build_identifiers(target, python)
    origin = _origin_of_commands(tables, cli_settings, names)
    return build_options(resolve(tables, cli_settings, names), **origin, **cli_options)


def _origin_of_commands(
    tables: Sequence[Settings], cli_settings: Settings, names: Sequence[str] = ()
) -> dict[str, bool]:
    """Return the options that tell whether commands before the build and of tests are ``[tool.cibuildwheel]``'s."""
    every, own = resolve(tables, cli_settings, names), resolve(tables[-1:], cli_settings, names)
    return {
        "cibuildwheel_before_build": not _commands(every) <= _commands(own),
        "cibuildwheel_commands": every.test_command is not UNSET and own.test_command is UNSET,
    }


def _commands(settings: Settings) -> set[str]:
    variables = settings.environment or {}
    return {*(settings.before_build or ()), *(value for value in variables.values() if "$(" in value)}
