"""crosswheel's own code, as a part of keys: what it does is part of whatever it makes."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path

from crosswheel.host.trees import tree_digest

_COMPILED = ("__pycache__", "*.pyc")


@cache
def code_digest(*packages: str, without: tuple[str, ...] = ()) -> str:
    """The SHA-256 of code and tables of crosswheel's packages, or of all where none is named.

    :param without: patterns over names of files and directories that have keys of their own.
    :raises ValueError: if there is no such package: a key that depends on nothing never changes.
    """
    root = Path(str(files("crosswheel")))
    if missing := [package for package in packages if not (root / package).is_dir()]:
        raise ValueError(f"there is no package {', '.join(missing)} in crosswheel, so a key cannot depend on it")
    found = (tree_digest(root / package, (*_COMPILED, *without)) for package in packages or ("",))
    return hashlib.sha256("\n".join(found).encode()).hexdigest()
