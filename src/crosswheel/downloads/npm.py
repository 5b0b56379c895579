"""Packages of the npm registry: one archive each, whose hash is known beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.host.archives import unpack
from crosswheel.host.files import create_once

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host

DEFAULT_REGISTRY = "https://registry.npmjs.org"


def npm_package(host: Host, name: str, version: str, sha256: str) -> Path:
    """The unpacked package, fetched once; npm's own setting ``npm_config_registry`` says from where.

    :param sha256: of its archive.
    :raises SourceError: when it cannot be had, or is not what it should be.
    """
    place = host.cache / "npm" / f"{name}-{version}-{sha256[:12]}"
    if place.is_dir():
        return place / "package"
    registry = (host.environ.get("npm_config_registry") or DEFAULT_REGISTRY).rstrip("/")
    with host.progress.step(f"fetching {name} {version}, once"):
        archive = host.downloader.fetch(f"{registry}/{name}/-/{name}-{version}.tgz", sha256=sha256)
        return create_once(place, lambda part: _fill(archive, part)) / "package"


def _fill(archive: Path, part: Path) -> None:
    """Every archive of npm holds one directory, mostly called ``package``; here it always is."""
    found = unpack(archive, part)
    if found.name != "package":
        found.rename(part / "package")
