"""Plain values in the store: beside an artifact, or in the place of one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from crosswheel.host.files import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

METADATA_FILE = "about.json"
"""The file that holds them."""


def write_metadata(content: Path, about: dict[str, Any]) -> None:
    """Put values into the directory of an artifact that is being made.

    :raises StorageError: when the disk refuses.
    """
    write_atomic(content / METADATA_FILE, json.dumps(about, indent=1))


def read_metadata(content: Path) -> dict[str, Any]:
    """The values in the directory of an artifact."""
    about: dict[str, Any] = json.loads((content / METADATA_FILE).read_text("utf-8"))
    return about
