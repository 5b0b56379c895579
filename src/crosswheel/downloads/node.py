"""Node.js for this machine, from the npm registry: the same one everywhere, whatever is installed."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from crosswheel.errors import EnvironmentMissingError
from crosswheel.host import machine
from crosswheel.host.archives import unpack
from crosswheel.host.files import create_once

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host


def node_version() -> str:
    """The version that is fetched."""
    return str(_table()["version"])


def node_unavailable_reason() -> str | None:
    """Why there is none for this machine; None if there is one."""
    return None if machine.architecture() in _table() else f"no Node.js for a {machine.architecture()} machine"


def node_program(host: Host) -> Path:
    """The program, fetched once.

    :raises EnvironmentMissingError: when there is none for this machine.
    :raises SourceError: when it cannot be fetched.
    """
    if problem := node_unavailable_reason():
        raise EnvironmentMissingError(problem)
    row = _table()[machine.architecture()]
    return npm_package(host, row["package"], node_version(), row["sha256"]) / "bin" / "node"


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("crosswheel.downloads").joinpath("node.toml").read_text("utf-8"))


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
