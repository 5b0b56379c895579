"""The environment of one build: what the project asks for, what was asked for besides, within given limits."""

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

_FLOORS = frozenset({">=", ">", "~="})
"""Operators of requirements for something new."""


def requirement_source(context: BuildContext) -> RequirementSource:
    """Where build requirements come from, and in which versions."""
    limits = context.options.build_limits
    files = [*map(_place, context.options.build_constraints), *([_limits_file(context, limits)] if limits else [])]
    constraints = [word for path in files for word in ("--build-constraint", path, "--constraint", path)]
    fixed = [f"{name}=={version}" for env in context.cross_envs for name, version in env.versions.items()]
    overrides = ["--override", _limits_file(context, tuple(sorted(fixed)))] if fixed else []
    return RequirementSource((*context.index.uv_options(), *constraints, *overrides), context.index.uv_environ())


def relax_pins(requirements: Iterable[str], cross_envs: Iterable[CrossEnv]) -> tuple[str, ...]:
    """What a person should know of requirements that exported overlays do not meet, which come in one version.

    An upper limit or an exact version serves that an official build can be repeated, and is set aside. Who needs a
    newer version needs what is new in it.

    :raises UsageError: when an overlay is too old.
    """
    notes = []
    for env in cross_envs:
        for requirement in map(Requirement, requirements):
            version = env.versions.get(canonicalize_name(requirement.name))
            if version is None or requirement.specifier.contains(version, prereleases=True):
                continue
            minimum_versions = SpecifierSet(
                ",".join(f">={s.version}" for s in requirement.specifier if s.operator in _FLOORS)
            )
            if not minimum_versions.contains(version, prereleases=True):
                raise UsageError(
                    f"the cross build environment has {requirement.name} {version}, which is too old for {requirement}",
                    where=env.archive,
                    hint="export one with a newer version, or build without it",
                )
            notes.append(f"{requirement} is relaxed to {version}, which the cross build environment has")
    return tuple(notes)


def create_build_env(
    context: BuildContext, project: Project, packages: RequirementSource, place: Workspace
) -> BuildEnvironment:
    """What the project names, and what was asked for besides.

    :raises SourceError: when a requirement cannot be found.
    :raises EnvironmentMissingError: when it cannot be installed here.
    """
    requires = (*project.requires, *context.options.build_requires)
    if not context.options.isolation:
        return use_current_environment(context.host, context.build_python, place.environment, requires)
    return create_environment(
        context.host, context.build_python, place.environment, requires, place.log, packages=packages
    )


def install_backend_requires(
    environment: BuildEnvironment, requirements: tuple[str, ...], place: Workspace
) -> BuildEnvironment:
    """The environment with what the backend asks for besides; without isolation it is there already."""
    return environment if environment.base_environment else environment.install(requirements, place.log)


def _place(constraints: str) -> str:
    """A file of constraints by its full path, since uv runs elsewhere; a URL as it is."""
    return constraints if "://" in constraints else str(Path(constraints).absolute())


def _limits_file(context: BuildContext, limits: tuple[str, ...]) -> str:
    """A file of constraints that has the same name for the same limits, so that what was resolved is found again."""
    text = "".join(f"{limit}\n" for limit in limits)
    kept = context.host.cache / "environments" / "limits" / f"{sha256(text.encode()).hexdigest()}.txt"
    return str(kept if kept.is_file() else write_atomic(kept, text))
