"""The build environment: its requirements, and the constraints on them."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from crosswheel.environments.isolated import BuildEnvironment, create_environment, use_current_environment
from crosswheel.environments.packages import RequirementSource
from crosswheel.errors import UsageError
from crosswheel.host.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crosswheel.building.context import BuildContext
    from crosswheel.building.workspace import Workspace
    from crosswheel.cross_requirements import CrossEnv
    from crosswheel.sources.project import Project

_LOWER_BOUNDS = frozenset({">=", ">", "~="})
"""Operators of version specifiers that require a minimum version."""


def requirement_source(context: BuildContext) -> RequirementSource:
    """Return where build requirements are installed from: uv's options for the index, constraints and overrides."""
    limits = context.options.build_constraint_dependencies
    files = [
        *map(_absolute_path, context.options.build_constraints),
        *([_constraints_file(context, limits)] if limits else []),
    ]
    constraints = [arg for path in files for arg in ("--build-constraint", path, "--constraint", path)]
    pins = [f"{name}=={version}" for env in context.cross_envs for name, version in env.versions.items()]
    overrides = ["--override", _constraints_file(context, tuple(sorted(pins)))] if pins else []
    return RequirementSource((*context.index.uv_options(), *constraints, *overrides), context.index.uv_environ())


def relax_pins(requirements: Iterable[str], cross_envs: Iterable[CrossEnv]) -> tuple[str, ...]:
    """Warn about pins that the cross build environment's single version violates.

    Upper limits and exact versions exist to make official builds reproducible, and are relaxed. A lower bound is there
    because the project uses what that version added.

    :returns: one note per relaxed requirement.
    :raises UsageError: if a lower bound is violated.
    """
    notes = []
    for env in cross_envs:
        for requirement in map(Requirement, requirements):
            version = env.versions.get(canonicalize_name(requirement.name))
            if version is None or requirement.specifier.contains(version, prereleases=True):
                continue
            lower_bounds = SpecifierSet(
                ",".join(f">={each.version}" for each in requirement.specifier if each.operator in _LOWER_BOUNDS)
            )
            if not lower_bounds.contains(version, prereleases=True):
                raise UsageError(
                    f"the cross build environment has {requirement.name} {version}, which is too old for {requirement}",
                    where=env.archive,
                    hint="export one with a newer version, or build without it",
                )
            notes.append(f"{requirement} is relaxed to {version}, which the cross build environment has")
    return tuple(notes)


def create_build_env(
    context: BuildContext, project: Project, packages: RequirementSource, workspace: Workspace
) -> BuildEnvironment:
    """Create the build environment with the requirements of the project and of the options.

    Without isolation the current environment is used, and nothing is installed.

    :param packages: where requirements are installed from.
    :raises SourceError: if a requirement cannot be found.
    :raises EnvironmentMissingError: if a requirement cannot be installed on the build machine.
    """
    requires = (*project.requires, *context.options.build_requires)
    if not context.options.isolation:
        return use_current_environment(context.host, context.build_python, workspace.environment, requires)
    return create_environment(
        context.host, context.build_python, workspace.environment, requires, workspace.log, packages=packages
    )


def install_backend_requires(
    environment: BuildEnvironment, requirements: tuple[str, ...], workspace: Workspace
) -> BuildEnvironment:
    """Install the requirements that the backend's ``get_requires_for_build_wheel`` hook returned (PEP 517).

    Without isolation they are expected in the current environment, and nothing is installed.

    :returns: the environment, in the same directory.
    """
    return environment if environment.base_environment else environment.install(requirements, workspace.log)


def _absolute_path(constraints: str) -> str:
    """Return the absolute path of a constraints file, since uv runs in another directory; a URL as it is."""
    return constraints if "://" in constraints else str(Path(constraints).absolute())


def _constraints_file(context: BuildContext, lines: tuple[str, ...]) -> str:
    """Write a constraints file that has the same name for the same lines.

    Cached resolutions are keyed by uv's arguments, so the name must not change.
    """
    text = "".join(f"{line}\n" for line in lines)
    path = context.host.cache / "environments" / "limits" / f"{sha256(text.encode()).hexdigest()}.txt"
    return str(path if path.is_file() else write_atomic(path, text))
