"""The packages that a wheel needs on its target, from its metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from crosswheel.errors import AuditError, SourceError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from crosswheel.package_index.model import PublishedWheel

_NO_EXTRA = frozenset({""})


def wheel_dependencies(
    wheel: PublishedWheel,
    wheels: Mapping[str, PublishedWheel],
    versions: Mapping[str, str],
    markers: Mapping[str, str],
) -> tuple[str, ...]:
    """The normalized names of what a wheel needs, sorted; what an extra of another package brings is among them.

    :param wheels: by project, those whose own extras can be looked up.
    :param versions: by project, everything that there is.
    :param markers: the environment markers that hold on the target.
    :raises AuditError: when a requirement cannot be read.
    :raises SourceError: when something it needs is not there, or only in a version it does not want.
    """
    found: set[str] = set()
    todo: list[tuple[PublishedWheel, frozenset[str]]] = [(wheel, _NO_EXTRA)]
    seen = set()
    while todo:
        asked, extras = todo.pop()
        if (asked.project, extras) in seen:
            continue
        seen.add((asked.project, extras))
        for requirement in _active(asked, extras, markers):
            project = canonicalize_name(requirement.name)
            _check(asked, requirement, versions.get(project))
            found.add(project)
            if requirement.extras and project in wheels:
                todo.append((wheels[project], frozenset(requirement.extras)))
    return tuple(sorted(found - {wheel.project}))


def _active(wheel: PublishedWheel, extras: Collection[str], markers: Mapping[str, str]) -> Iterator[Requirement]:
    """The requirements that hold with the extras; of those that hold anyway only when none is asked for."""
    for text in wheel.requires:
        try:
            requirement = Requirement(text)
        except InvalidRequirement as error:
            raise AuditError(f"a requirement cannot be read: {text!r}", where=wheel.file_name) from error
        anyway = _holds(requirement, "", markers)
        if anyway if extras == _NO_EXTRA else not anyway and any(_holds(requirement, e, markers) for e in extras):
            yield requirement


def _holds(requirement: Requirement, extra: str, markers: Mapping[str, str]) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({**markers, "extra": extra})


def _check(wheel: PublishedWheel, requirement: Requirement, version: str | None) -> None:
    if version is not None and requirement.specifier.contains(version, prereleases=True):
        return
    there = "which is neither in the directory nor in the runtime" if version is None else f"and there is {version}"
    raise SourceError(
        f"it needs {requirement.name}{requirement.specifier}, {there}",
        where=wheel.file_name,
        hint="put a wheel of it into the directory; --no-pyodide-lock makes the index alone",
    )
