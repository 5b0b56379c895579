"""The identity of an artifact: a hash of all of its inputs, crosswheel's own code among them."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosswheel.host.trees import tree_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")


@dataclass(frozen=True, slots=True)
class Key:
    """The identity of an artifact. Two artifacts have the same key only if all of their inputs are equal.

    :param kind: ``library``, ``overlay``, ``wheel``: for readers, and part of the hash.
    :param name: ``zlib-1.3.1``: likewise.
    :param inputs: everything that determines the artifact, as plain values; no times, no paths of this machine.
    :param digest: SHA-256 of the above, in hexadecimal.
    """

    kind: str
    name: str
    inputs: Mapping[str, Any] = field(compare=False)
    digest: str

    @classmethod
    def create(cls, kind: str, name: str, **inputs: Any) -> Key:
        """Compute the key of inputs: strings, numbers, booleans, None, lists, mappings, other keys.

        :raises TypeError: if an input has no machine-independent form, such as a path.
        :raises ValueError: if the kind or name is not a valid part of a file name.
        """
        for word in (kind, name):
            if not _NAME.fullmatch(word):
                raise ValueError(f"{word!r} cannot be part of a key")
        plain = _plain(inputs)
        text = json.dumps([kind, name, plain], sort_keys=True, separators=(",", ":"), allow_nan=False)
        return cls(kind, name, plain, hashlib.sha256(text.encode()).hexdigest())

    def __str__(self) -> str:
        return f"{self.kind} {self.name} {self.digest[:12]}"

    def __hash__(self) -> int:
        return hash(self.digest)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Key):
        return {"kind": value.kind, "name": value.name, "key": value.digest}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict) and all(isinstance(name, str) for name in value):
        return {name: _plain(item) for name, item in value.items()}
    raise TypeError(f"{value!r} cannot be an input of a key")


_COMPILED = ("__pycache__", "*.pyc")


@cache
def code_digest(*packages: str, without: tuple[str, ...] = ()) -> str:
    """Return the SHA-256 of the code and tables of crosswheel's packages, or of all of crosswheel if none is given.

    :param without: patterns of file and directory names to leave out, which have keys of their own.
    :raises ValueError: if there is no such package: a key that depends on nothing never changes.
    """
    root = Path(str(files("crosswheel")))
    if missing := [package for package in packages if not (root / package).is_dir()]:
        raise ValueError(f"crosswheel has no package {', '.join(missing)}: a key cannot depend on it")
    digests = (tree_digest(root / package, (*_COMPILED, *without)) for package in packages or ("",))
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()
