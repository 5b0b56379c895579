"""python.org's CPython builds for Windows, extracted from an sdist that contains them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from crosswheel.errors import SourceError
from crosswheel.host.archives import unpack
from crosswheel.host.files import create_once, sha256, temporary_directory
from crosswheel.sources.index import IndexSettings, find_sdist

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.host import Host


@dataclass(frozen=True, slots=True)
class WindowsPython:
    """A row of ``pythons`` in ``pythons.toml``, which documents each field."""

    full_version: str
    requirement: str
    sha256: str


@dataclass(frozen=True, slots=True)
class WindowsPlatform:
    """A row of ``pythons.toml``, which documents each field."""

    machines: tuple[str, ...]
    debian: str
    uv: str
    pythons: Mapping[str, WindowsPython] = field(hash=False)


@cache
def windows_platforms() -> Mapping[str, WindowsPlatform]:
    """Return all platforms that wine can run on some machine, by tag."""
    rows = tomllib.loads(files("crosswheel.runners.wine").joinpath("pythons.toml").read_text("utf-8"))
    found = {}
    for tag, row in rows.items():
        pythons = {version: WindowsPython(**python) for version, python in row["pythons"].items()}
        found[tag] = WindowsPlatform(tuple(row["machines"]), row["debian"], row["uv"], MappingProxyType(pythons))
    return MappingProxyType(found)


def python_home(host: Host, python: WindowsPython) -> Path:
    """Return the read-only directory with ``python.exe``, downloaded and verified once.

    :raises SourceError: if it cannot be downloaded, or its hash does not match.
    """
    directory = host.cache / "interpreters" / f"windows-{python.full_version}-{python.sha256[:12]}"
    if not directory.is_dir():
        with host.progress.step(f"downloading CPython {python.full_version} for Windows"):
            create_once(directory, lambda part: _fill(host, python, part))
    return directory / "python"


def _fill(host: Host, python: WindowsPython, part: Path) -> None:
    _, url, sdist = find_sdist(host, Requirement(python.requirement), IndexSettings.load(host.environ, {}))
    if (found := sha256(sdist)) != python.sha256:
        raise SourceError(f"hash mismatch: expected sha256 {python.sha256}, got {found}", where=url)
    with temporary_directory(parent=part) as work:
        archive = next(unpack(sdist, work / "sdist").glob("src*/*/data.zip"), None)
        if archive is None:
            raise SourceError(f"{python.requirement} contains no Python", where=url)
        unpack(archive, work / "data").rename(part / "python")
