"""Build Python wheels for every platform from the machine you are on."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crosswheel.api import audit, build, index, merge, select, test
    from crosswheel.building.options import BuildOptions
    from crosswheel.building.results import Stage, WheelResult

__all__ = ["BuildOptions", "Stage", "WheelResult", "audit", "build", "index", "merge", "select", "test"]
_MODULES = dict.fromkeys(("audit", "build", "index", "merge", "select", "test"), "api") | {
    "BuildOptions": "building.options",
    "Stage": "building.results",
    "WheelResult": "building.results",
}


def __getattr__(name: str) -> object:
    """Import the API on use (PEP 562): parts of the package run in processes that do not need it."""
    if name in _MODULES:
        return getattr(import_module(f"crosswheel.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names, including those not imported yet (PEP 562), and the module's special attributes."""
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
