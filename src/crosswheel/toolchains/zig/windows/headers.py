"""Windows' headers by whatever capitals: ``Windows.h`` is ``windows.h`` there, and sources rely on that."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosswheel.host.files import write_atomic

if TYPE_CHECKING:
    from crosswheel.host import Host

_ROOT = "/crosswheel/windows"
"""A directory that only clang sees, in the file system that is laid over the real one."""


def caseless_headers(host: Host, directory: str) -> tuple[str, ...]:
    """The options by which clang finds the headers of a directory that are asked for with other capitals.

    They come after the directory itself, so that an exact name is found without them.
    """
    place = sha256(directory.encode()).hexdigest()[:12]
    overlay = host.cache / "toolchains" / "headers" / f"{place}.json"
    if not overlay.is_file():
        described = {"version": 0, "case-sensitive": False, "roots": [_described(Path(directory), _ROOT)]}
        write_atomic(overlay, json.dumps(described))
    return ("-isystem", _ROOT, "-ivfsoverlay", str(overlay))


def _described(directory: Path, name: str) -> dict[str, Any]:
    contents = [
        _described(path, path.name)
        if path.is_dir()
        else {"type": "file", "name": path.name, "external-contents": str(path)}
        for path in sorted(directory.iterdir())
    ]
    return {"type": "directory", "name": name, "contents": contents}
