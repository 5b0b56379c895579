"""Node.js for this machine and other packages of the npm registry, verified by known hashes."""

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
    """Return the version of Node.js that is downloaded."""
    return str(_table()["version"])


def node_unavailable_reason() -> str | None:
    """Return why there is no Node.js for this machine; None if there is one."""
    return None if machine.architecture() in _table() else f"no Node.js for a {machine.architecture()} machine"


def node_program(host: Host) -> Path:
    """Return the path of Node.js; it is downloaded once, whatever version is installed.

    :raises EnvironmentMissingError: if there is none for this machine.
    :raises SourceError: if it cannot be downloaded.
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
    """Download and unpack a package, once, from the registry in npm's own setting ``npm_config_registry``.

    :param sha256: SHA-256 of its archive.
    :returns: the package's directory, to be read only.
    :raises SourceError: if it cannot be downloaded, or the hash differs.
    """
    directory = host.cache / "npm" / f"{name}-{version}-{sha256[:12]}"
    if directory.is_dir():
        return directory / "package"
    registry = (host.environ.get("npm_config_registry") or DEFAULT_REGISTRY).rstrip("/")
    with host.progress.step(f"downloading {name} {version}"):
        archive = host.downloader.fetch(f"{registry}/{name}/-/{name}-{version}.tgz", sha256=sha256)
        return create_once(directory, lambda part: _fill(archive, part)) / "package"


def _fill(archive: Path, directory: Path) -> None:
    """Unpack an archive. It contains one directory, usually called ``package``, which is renamed to that."""
    unpacked = unpack(archive, directory)
    if unpacked.name != "package":
        unpacked.rename(directory / "package")
