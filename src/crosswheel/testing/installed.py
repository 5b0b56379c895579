"""What is installed in a test environment: its projects, and those with a binary that requires something."""

from __future__ import annotations

from importlib.metadata import PathDistribution
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from crosswheel.object_files import read_binary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crosswheel.object_files import Binary


def installed_projects(directory: Path) -> dict[str, str]:
    """Return the projects in an environment (PEP 376): normalized names, sorted, with their versions."""
    return {name: version for name, version, _ in _projects(directory)}


def projects_with(directory: Path, condition: Callable[[Binary], bool]) -> dict[str, str]:
    """Return the projects in an environment that have a binary for which a condition holds, with their versions."""
    return {name: version for name, version, path in _projects(directory) if any(map(condition, _binaries(path)))}


def _projects(directory: Path) -> list[tuple[str, str, Path]]:
    """Return the name, the version and the metadata directory of each project."""
    found = ((path.name.removesuffix(".dist-info"), path) for path in directory.rglob("site-packages/*.dist-info"))
    parts = ((label.partition("-"), path) for label, path in found)
    return sorted((canonicalize_name(name), version, path) for (name, _, version), path in parts)


def _binaries(metadata: Path) -> Iterator[Binary]:
    distribution = PathDistribution(metadata)
    for file in distribution.files or ():
        path = Path(str(distribution.locate_file(file)))
        if path.is_file() and (binary := read_binary(path.read_bytes())):
            yield binary
