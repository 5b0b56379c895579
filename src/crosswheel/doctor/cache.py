"""Size, age and removal of cache entries; everything in the cache can be recreated."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosswheel.host.checksums import checksums_file, damaged_file, recorded_directories
from crosswheel.host.files import sha256
from crosswheel.host.scratch import remove_tree
from crosswheel.store.store import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crosswheel.host import Host
    from crosswheel.store import Store

_DEPTH = 4
"""Levels of the cache at which there are directories with checksums."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NESTED = frozenset({"downloads", "sdists", "toolchains"})
"""Cache directories whose entries are one level deeper."""


@dataclass(frozen=True)
class CacheEntry:
    """A cache entry that can be removed on its own.

    :param kind: ``store: wheel``, ``toolchains``.
    :param size: bytes on disk; ``used`` is when it was last used or created, in seconds since 1970.
    """

    kind: str
    path: Path
    size: int
    used: float
    remove: Callable[[], None]


@dataclass(frozen=True)
class CacheKind:
    """The total of all entries of a kind."""

    name: str
    entries: int
    size: int
    oldest: float
    newest: float

    def as_json(self) -> dict[str, Any]:
        """Return the total as JSON-compatible values."""
        counts = {"entries": self.entries, "bytes": self.size}
        return {"kind": self.name, **counts, "oldest": self.oldest, "newest": self.newest}


def cache_entries(host: Host, store: Store) -> tuple[CacheEntry, ...]:
    """Return all cache entries, including those of the store."""
    return (*_store_entries(store), *_directory_entries(host.cache, store.root))


def group_by_kind(found: tuple[CacheEntry, ...]) -> tuple[CacheKind, ...]:
    """Total the entries by kind."""
    kinds: dict[str, list[CacheEntry]] = {}
    for entry in found:
        kinds.setdefault(entry.kind, []).append(entry)
    return tuple(
        CacheKind(name, len(each), sum(entry.size for entry in each), min(entry.used for entry in each),
             max(entry.used for entry in each))
        for name, each in sorted(kinds.items())
    )  # fmt: skip


def select_for_removal(
    found: tuple[CacheEntry, ...], *, before: float | None, max_bytes: int | None
) -> tuple[CacheEntry, ...]:
    """Select the entries to remove, least recently used first.

    :param before: remove entries last used before this time, in seconds since 1970; None for no limit.
    :param most: remove further entries until the cache has at most this many bytes; None for no limit.
    """
    ordered = sorted(found, key=lambda entry: entry.used)
    remaining = sum(entry.size for entry in ordered)
    selected = []
    for entry in ordered:
        if (before is not None and entry.used < before) or (max_bytes is not None and remaining > max_bytes):
            selected.append(entry)
            remaining -= entry.size
    return tuple(selected)


def verify_cache(host: Host, store: Store) -> tuple[dict[str, str], int]:
    """Compare every entry of the store with its manifest, toolchains and other directories with their checksums, and
    downloads with the hashes that they are called by; remove what is damaged.

    :returns: the damage by entry name, and the number of intact entries.
    """
    damaged, intact = _verify_store(store)
    checked = ((path, damaged_file(path)) for path in tuple(recorded_directories(host.cache, _DEPTH)))
    for path, damage in (*checked, *_downloads(host.cache)):
        if damage:
            damaged[str(path.relative_to(host.cache))] = damage
            _remove(path)
        else:
            intact += 1
    return damaged, intact


def _downloads(cache: Path) -> Iterator[tuple[Path, str | None]]:
    """Yield the downloaded files in directories that are called by their hash, each with its damage."""
    places = ("downloads/by-hash/*/*", "sdists/*/*")
    for directory in (path for place in places for path in sorted(cache.glob(place))):
        if _SHA256.fullmatch(directory.name) and directory.is_dir():
            for file in (path for path in sorted(directory.iterdir()) if path.is_file() and path.name[0] != "."):
                yield file, None if sha256(file) == directory.name else "its content was changed"


def _verify_store(store: Store) -> tuple[dict[str, str], int]:
    damaged, intact = {}, 0
    for entry in tuple(store.entries()):
        if damage := store.verify(entry):
            damaged[f"{entry.parent.name}/{entry.name}"] = damage
            store.remove(entry)
        else:
            intact += 1
    return damaged, intact


def prune_cache(
    host: Host,
    store: Store,
    *,
    before: float | None,
    max_bytes: int | None,
    kinds: Sequence[str] = (),
    dry_run: bool = False,
) -> tuple[CacheKind, ...]:
    """Remove the entries selected by :func:`select_for_removal`.

    :param kinds: only entries of these kinds; by default all.
    :param dry: only report what would be removed.
    :returns: the removed entries, by kind.
    """
    found = tuple(entry for entry in cache_entries(host, store) if not kinds or entry.kind in kinds)
    selected = select_for_removal(found, before=before, max_bytes=max_bytes)
    for entry in () if dry_run else selected:
        entry.remove()
    return group_by_kind(selected)


def _store_entries(store: Store) -> Iterator[CacheEntry]:
    for path in store.entries():
        manifest = path / MANIFEST
        used = (manifest if manifest.is_file() else path).stat().st_mtime
        yield CacheEntry(f"store: {path.parent.name}", path, _size(path), used, partial(store.remove, path))


def _directory_entries(cache: Path, store: Path) -> Iterator[CacheEntry]:
    for kind in sorted(cache.glob("[!.]*")):
        if kind == store or kind.is_symlink() or not kind.is_dir():
            continue
        for path in sorted(kind.glob("*/[!.]*" if kind.name in _NESTED else "[!.]*")):
            yield CacheEntry(kind.name, path, _size(path), path.lstat().st_mtime, partial(_remove, path))


def _remove(path: Path) -> None:
    checksums_file(path).unlink(missing_ok=True)
    if path.is_dir() and not path.is_symlink():
        remove_tree(path)
    else:
        path.unlink(missing_ok=True)


def _size(path: Path) -> int:
    """Return the size on disk, counting hard-linked files once."""
    seen: dict[tuple[int, int], int] = {}
    for file in (path, *(Path(root, name) for root, _, names in os.walk(path) for name in names)):
        status = file.lstat()
        seen[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(seen.values())
