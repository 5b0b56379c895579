"""The store: a directory of artifacts, with a shared one behind it if there is one."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from filelock import FileLock

from crosswheel.errors import StorageError
from crosswheel.host.files import create_once, remove_tree, storage_errors, write_atomic
from crosswheel.store.key import Key
from crosswheel.store.manifest import Manifest
from crosswheel.store.shared import SharedStore, open_shared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from crosswheel.host import Host, Progress

MANIFEST = "manifest.json"
"""Beside ``content``; its time of modification says when the entry was last used."""


class _AbsentError(Exception):
    """The shared store has no such entry."""


@dataclass(frozen=True)
class Store:
    """Artifacts by their keys. Processes and threads may use one directory side by side.

    What is in an entry is compared with its manifest, byte for byte, when this object first reads it. A damaged
    entry is reported and made again.

    :param root: the directory; ``<kind>/<name>-<hash>`` in it is an entry.
    :param shared: looked into before something is made, and given what was made.
    """

    root: Path
    progress: Progress
    shared: SharedStore | None = None
    _verified: set[str] = field(default_factory=set, repr=False, compare=False)

    @classmethod
    def open(cls, host: Host, url: str | None = None) -> Store:
        """The store of a machine.

        :param url: of the shared one; ``CROSSWHEEL_STORE`` of the environment if not given, none if that is not
            set. Offline, only a directory counts.
        :raises UsageError: when nobody knows such URLs.
        :raises EnvironmentMissingError: when a package is missing that URLs of its kind need.
        """
        url = url or host.environ.get("CROSSWHEEL_STORE")
        shared = open_shared(url) if url else None
        if shared and host.offline and not shared.local:
            shared = None
        return cls(host.cache / "store", host.progress, shared)

    def get_or_create(self, key: Key, make: Callable[[Path], None], *, anew: bool = False) -> Path:
        """The directory of an artifact, found or made; to be read only.

        :param make: fills the empty directory it is given; when it raises, nothing remains.
        :param anew: make it even if there is one already, here or in the shared store.
        :raises StorageError: when the disk refuses.
        """
        if anew:
            self.remove(self._entry(key))
        elif (found := self.find(key)) is not None:
            return found

        def fill(entry: Path) -> None:
            content = entry / "content"
            content.mkdir()
            make(content)
            write_atomic(entry / MANIFEST, Manifest.create(key, content).encoded())

        entry = create_once(self._entry(key), fill)
        self._verified.add(key.digest)
        self._give(key, entry)
        return entry / "content"

    def find(self, key: Key) -> Path | None:
        """The directory of an artifact that was made before, here or by whoever fills the shared store; else None.

        :raises StorageError: when the disk refuses.
        """
        entry = self._entry(key)
        if not entry.is_dir() and not self._take(key, entry):
            return None
        if key.digest not in self._verified:
            if (damage := _damage(entry, key.digest)) and not self._discard(entry, key, damage):
                return self.find(key)
            self._verified.add(key.digest)
        _mark_used(entry)
        return entry / "content"

    def key_at(self, content: Path) -> Key:
        """The key of an entry, without its inputs, by the directory that :meth:`find` gives."""
        name, _, digest = content.parent.name.rpartition("-")
        return Key(content.parent.parent.name, name, {}, digest)

    def entries(self) -> Iterator[Path]:
        """The directories of all entries, with their manifests."""
        for kind in sorted(self.root.glob("[!.]*")):
            yield from sorted(entry for entry in kind.glob("[!.]*") if entry.is_dir())

    def verify(self, entry: Path) -> str | None:
        """What is damaged in an entry, in words; None if nothing is."""
        return _damage(entry, entry.name.rpartition("-")[2])

    def remove(self, entry: Path) -> None:
        """Remove an entry, if it is there; nobody sees it half gone."""
        if not entry.is_dir():
            return
        with storage_errors(entry), _lock(entry):
            _vanish(entry)

    def _entry(self, key: Key) -> Path:
        return self.root / key.kind / f"{key.name}-{key.digest}"

    def _discard(self, entry: Path, key: Key, damage: str) -> bool:
        """Remove a damaged entry; True if somebody else has made it again meanwhile."""
        with storage_errors(entry), _lock(entry):
            if entry.is_dir() and not _damage(entry, key.digest):
                return True
            self.progress.note(f"{key} in the store is damaged ({damage}) and made again")
            _vanish(entry)
        return False

    def _take(self, key: Key, entry: Path) -> bool:
        if self.shared is None:
            return False
        shared = self.shared

        def fill(part: Path) -> None:
            if not shared.get(key, part):
                raise _AbsentError
            if damage := _damage(part, key.digest):
                raise StorageError(f"the shared store has a damaged {key}: {damage}")

        try:
            create_once(entry, fill)
        except _AbsentError:
            return False
        except StorageError as error:
            self.progress.note(f"{error.what}; going on without it")
            return False
        self.progress.detail(f"{key} is from the shared store")
        return True

    def _give(self, key: Key, entry: Path) -> None:
        if self.shared is not None:
            try:
                self.shared.put(key, entry)
            except StorageError as error:
                self.progress.note(f"{error.what}; it is kept here only")


def _damage(entry: Path, digest: str) -> str | None:
    manifest = Manifest.read(entry / MANIFEST)
    if manifest is None or manifest.key != digest:
        return "its manifest cannot be read"
    return manifest.damage(entry / "content")


def _lock(entry: Path) -> FileLock:
    return FileLock(entry.with_name(f".{entry.name}.removal.lock"))


def _vanish(entry: Path) -> None:
    aside = entry.with_name(f".{entry.name}.{os.getpid()}.gone")
    remove_tree(aside)
    if entry.is_dir():
        entry.rename(aside)
        remove_tree(aside)


def _mark_used(entry: Path) -> None:
    try:
        os.utime(entry / MANIFEST)
    except OSError:  # somebody else's entry, which can be read all the same
        return
