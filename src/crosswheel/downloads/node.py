"""Node.js for this machine, from the npm registry: the same one everywhere, whatever is installed."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from crosswheel.downloads.npm import npm_package
from crosswheel.errors import EnvironmentMissingError
from crosswheel.host import machine

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
