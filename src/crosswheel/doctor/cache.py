"""What lies in the cache: how much of each kind, how old, and what can go. Everything in it can be made again."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosswheel.host.files import remove_tree
from crosswheel.store.store import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crosswheel.host import Host
    from crosswheel.store import Store

_NESTED = frozenset({"downloads", "sdists", "toolchains"})
"""Directories of the cache whose own directories hold the entries."""


@dataclass(frozen=True)
class CacheEntry:
    """Something in the cache that can be removed by itself.

    :param kind: ``store: wheel``, ``toolchains``.
    :param size: bytes on the disk; ``used`` when it was last used, or made, in seconds since 1970.
    """

    kind: str
    path: Path
    size: int
    used: float
    remove: Callable[[], None]


@dataclass(frozen=True)
class CacheKind:
    """All entries of a kind together."""

    name: str
    entries: int
    size: int
    oldest: float
    newest: float

    def as_json(self) -> dict[str, Any]:
        """The same in plain values."""
        counts = {"entries": self.entries, "bytes": self.size}
        return {"kind": self.name, **counts, "oldest": self.oldest, "newest": self.newest}


def cache_entries(host: Host, store: Store) -> tuple[CacheEntry, ...]:
    """Everything in the cache, the store's entries by their kinds."""
    return (*_of_store(store), *_of_cache(host.cache, store.root))


def group_by_kind(found: tuple[CacheEntry, ...]) -> tuple[CacheKind, ...]:
    """The same, added up."""
    kinds: dict[str, list[CacheEntry]] = {}
    for entry in found:
        kinds.setdefault(entry.kind, []).append(entry)
    return tuple(
        CacheKind(name, len(each), sum(entry.size for entry in each), min(entry.used for entry in each),
             max(entry.used for entry in each))
        for name, each in sorted(kinds.items())
    )  # fmt: skip


def select_for_removal(
    found: tuple[CacheEntry, ...], *, before: float | None, most: int | None
) -> tuple[CacheEntry, ...]:
    """What has to go, the longest unused first.

    :param before: all that was last used before this time, in seconds since 1970; None for no such limit.
    :param most: as much of the rest as makes the cache bigger than so many bytes; None for no such limit.
    """
    ordered = sorted(found, key=lambda entry: entry.used)
    left = sum(entry.size for entry in ordered)
    gone = []
    for entry in ordered:
        if (before is not None and entry.used < before) or (most is not None and left > most):
            gone.append(entry)
            left -= entry.size
    return tuple(gone)


def verify_store(store: Store) -> tuple[dict[str, str], int]:
    """Compare every entry of a store with its manifest, and remove the damaged ones.

    :returns: what was damaged, by the entries' names, and how many were not.
    """
    damaged, sound = {}, 0
    for entry in tuple(store.entries()):
        if damage := store.verify(entry):
            damaged[f"{entry.parent.name}/{entry.name}"] = damage
            store.remove(entry)
        else:
            sound += 1
    return damaged, sound


def prune_cache(
    host: Host, store: Store, *, before: float | None, most: int | None, kinds: Sequence[str] = (), dry: bool = False
) -> tuple[CacheKind, ...]:
    """Remove what :func:`select_for_removal` names.

    :param kinds: only of these; all if there are none.
    :param dry: remove nothing.
    :returns: what is gone, by kind.
    """
    found = tuple(entry for entry in cache_entries(host, store) if not kinds or entry.kind in kinds)
    gone = select_for_removal(found, before=before, most=most)
    for entry in () if dry else gone:
        entry.remove()
    return group_by_kind(gone)


def _of_store(store: Store) -> Iterator[CacheEntry]:
    for path in store.entries():
        manifest = path / MANIFEST
        used = (manifest if manifest.is_file() else path).stat().st_mtime
        yield CacheEntry(f"store: {path.parent.name}", path, _size(path), used, partial(store.remove, path))


def _of_cache(cache: Path, store: Path) -> Iterator[CacheEntry]:
    for kind in sorted(cache.glob("[!.]*")):
        if kind == store or kind.is_symlink() or not kind.is_dir():
            continue
        for path in sorted(kind.glob("*/[!.]*" if kind.name in _NESTED else "[!.]*")):
            yield CacheEntry(kind.name, path, _size(path), path.lstat().st_mtime, partial(_remove, path))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        remove_tree(path)
    else:
        path.unlink(missing_ok=True)


def _size(path: Path) -> int:
    """Bytes on the disk, each file once however many names it has."""
    seen: dict[tuple[int, int], int] = {}
    for place in (path, *(Path(root, name) for root, _, names in os.walk(path) for name in names)):
        status = place.lstat()
        seen[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(seen.values())
