"""The environment of one build: what the project asks for, what was asked for besides, within given limits."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.environments.isolated import BuildEnvironment, make_environment, make_open_environment
from crosswheel.environments.packages import Packages
from crosswheel.host.files import write_atomic

if TYPE_CHECKING:
    from crosswheel.building.pipeline import Ground
    from crosswheel.building.workspace import Workspace
    from crosswheel.sources.project import Project


def packages_of(ground: Ground) -> Packages:
    """Where build requirements come from, and in which versions."""
    limits = ground.options.build_limits
    files = [*map(_place, ground.options.build_constraints), *([_limits_file(ground, limits)] if limits else [])]
    constraints = [word for path in files for word in ("--build-constraint", path, "--constraint", path)]
    return Packages((*ground.index.uv_options(), *constraints), ground.index.uv_environ())


def first_environment(ground: Ground, project: Project, packages: Packages, place: Workspace) -> BuildEnvironment:
    """What the project names, and what was asked for besides.

    :raises SourceError: when a requirement cannot be found.
    :raises EnvironmentMissingError: when it cannot be installed here.
    """
    requires = (*project.requires, *ground.options.build_requires)
    if not ground.options.isolation:
        return make_open_environment(ground.host, ground.build_python, place.environment, requires)
    return make_environment(ground.host, ground.build_python, place.environment, requires, place.log, packages=packages)


def with_more(environment: BuildEnvironment, requirements: tuple[str, ...], place: Workspace) -> BuildEnvironment:
    """The environment with what the backend asks for besides; without isolation it is there already."""
    return environment if environment.below else environment.install(requirements, place.log)


def _place(constraints: str) -> str:
    """A file of constraints by its full path, since uv runs elsewhere; a URL as it is."""
    return constraints if "://" in constraints else str(Path(constraints).absolute())


def _limits_file(ground: Ground, limits: tuple[str, ...]) -> str:
    """A file of constraints that has the same name for the same limits, so that what was resolved is found again."""
    text = "".join(f"{limit}\n" for limit in limits)
    kept = ground.host.cache / "environments" / "limits" / f"{sha256(text.encode()).hexdigest()}.txt"
    return str(kept if kept.is_file() else write_atomic(kept, text))
