"""Build Python wheels for every platform from the machine you are on."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crosswheel.api import audit, build, index, merge, select, test
    from crosswheel.building.options import BuildOptions
    from crosswheel.building.results import Stage, WheelResult

__all__ = ["BuildOptions", "Stage", "WheelResult", "audit", "build", "index", "merge", "select", "test"]
_HOMES = dict.fromkeys(("audit", "build", "index", "merge", "select", "test"), "api") | {
    "BuildOptions": "building.options",
    "Stage": "building.results",
    "WheelResult": "building.results",
}


def __getattr__(name: str) -> object:
    """Import the API when it is asked for (PEP 562): parts of the package run in programs that need none of it."""
    if name in _HOMES:
        return getattr(import_module(f"crosswheel.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
