"""Plain values in the store: beside an artifact, or in the place of one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from crosswheel.host.files import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

ABOUT = "about.json"
"""The file that holds them."""


def write_about(content: Path, about: dict[str, Any]) -> None:
    """Put values into the directory of an artifact that is being made.

    :raises StorageError: when the disk refuses.
    """
    write_atomic(content / ABOUT, json.dumps(about, indent=1))


def read_about(content: Path) -> dict[str, Any]:
    """The values in the directory of an artifact."""
    about: dict[str, Any] = json.loads((content / ABOUT).read_text("utf-8"))
    return about
