"""crosswheel's own ``nm`` and ``readelf``, which read files for any target, whatever is installed here."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from crosswheel.toolchains.model import Tool

if TYPE_CHECKING:
    from collections.abc import Mapping

INSPECTORS: Mapping[Tool, tuple[str, ...]] = {
    tool: (sys.executable, "-m", "crosswheel.object_files.nm_readelf", tool.value) for tool in (Tool.NM, Tool.READELF)
}
"""The first words of their commands."""
