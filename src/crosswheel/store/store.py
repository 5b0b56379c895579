"""The artifact store: a directory, optionally backed by a shared store."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from filelock import FileLock

from crosswheel.errors import StorageError
from crosswheel.host.files import create_once, storage_errors, write_atomic
from crosswheel.host.scratch import unfinished
from crosswheel.store.key import Key
from crosswheel.store.manifest import Manifest
from crosswheel.store.shared import SharedStore, open_shared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from crosswheel.host import Host, Progress

MANIFEST = "manifest.json"
"""Name of the manifest, beside ``content``; its modification time is the time the entry was last used."""


class _AbsentError(Exception):
    """The shared store has no such entry."""


@dataclass(frozen=True)
class Store:
    """Artifacts by key. Processes and threads may use one directory concurrently.

    An entry is compared with its manifest, byte for byte, when this object first reads it. A damaged entry is reported
    and created again.

    :param root: the directory; an entry is ``<kind>/<name>-<hash>`` in it.
    :param shared: searched before an artifact is created, and filled with created ones.
    """

    root: Path
    progress: Progress
    shared: SharedStore | None = None
    _verified: set[str] = field(default_factory=set, repr=False, compare=False)

    @classmethod
    def open(cls, host: Host, url: str | None = None) -> Store:
        """Open the store in the host's cache directory.

        :param url: of the shared store; default: ``CROSSWHEEL_STORE`` in the environment, none if it is not set.
            Offline, only a directory is used.
        :raises UsageError: if the URL's scheme is unknown.
        :raises EnvironmentMissingError: if a package needed for the URL is not installed.
        """
        url = url or host.environ.get("CROSSWHEEL_STORE")
        shared = open_shared(url) if url else None
        if shared and host.offline and not shared.local:
            shared = None
        return cls(host.cache / "store", host.progress, shared)

    def get_or_create(self, key: Key, make: Callable[[Path], None], *, rebuild: bool = False) -> Path:
        """Return the directory of an artifact, created if necessary; to be read only.

        :param make: fills the empty directory that it is passed; if it raises, nothing remains.
        :param rebuild: create it even if it exists here or in the shared store.
        :raises StorageError: if the store cannot be written.
        """
        if rebuild:
            self.remove(self._entry(key))
        elif (content_directory := self.find(key)) is not None:
            return content_directory

        def fill(entry: Path) -> None:
            content = entry / "content"
            content.mkdir()
            make(content)
            write_atomic(entry / MANIFEST, Manifest.create(key, content).encoded())

        entry = create_once(self._entry(key), fill, recorded=False)
        self._verified.add(key.digest)
        self._put_shared(key, entry)
        return entry / "content"

    def find(self, key: Key) -> Path | None:
        """Return the directory of an artifact from this or the shared store; None if neither has it.

        :raises StorageError: if the store cannot be written.
        """
        entry = self._entry(key)
        if not entry.is_dir() and not self._fetch_shared(key, entry):
            return None
        if key.digest not in self._verified:
            if (damage := _damage(entry, key.digest)) and not self._discard(entry, key, damage):
                return self.find(key)
            self._verified.add(key.digest)
        _mark_used(entry)
        return entry / "content"

    def location(self, key: Key) -> Path:
        """Return where the directory of an artifact is or will be; it need not exist."""
        return self._entry(key) / "content"

    def key_at(self, content: Path) -> Key:
        """Return the key, without inputs, of a directory returned by :meth:`find`."""
        name, _, digest = content.parent.name.rpartition("-")
        return Key(content.parent.parent.name, name, {}, digest)

    def entries(self) -> Iterator[Path]:
        """Yield the directories of all entries, with their manifests."""
        for kind in sorted(self.root.glob("[!.]*")):
            yield from sorted(entry for entry in kind.glob("[!.]*") if entry.is_dir())

    def verify(self, entry: Path) -> str | None:
        """Return a description of the first damage of an entry; None if it is intact."""
        return _damage(entry, entry.name.rpartition("-")[2])

    def remove(self, entry: Path) -> None:
        """Remove an entry, if it exists, atomically."""
        if not entry.is_dir():
            return
        with storage_errors(entry), _lock(entry):
            _remove_atomically(entry)

    def _entry(self, key: Key) -> Path:
        return self.root / key.kind / f"{key.name}-{key.digest}"

    def _discard(self, entry: Path, key: Key, damage: str) -> bool:
        """Remove a damaged entry; return True if another process has replaced it in the meantime."""
        with storage_errors(entry), _lock(entry):
            if entry.is_dir() and not _damage(entry, key.digest):
                return True
            self.progress.note(f"{key} in the store is damaged ({damage}); creating it again")
            _remove_atomically(entry)
        return False

    def _fetch_shared(self, key: Key, entry: Path) -> bool:
        if self.shared is None:
            return False
        shared = self.shared

        def fill(part: Path) -> None:
            if not shared.get(key, part):
                raise _AbsentError
            if damage := _damage(part, key.digest):
                raise StorageError(f"damaged entry in the shared store: {key}: {damage}")

        try:
            create_once(entry, fill, recorded=False)
        except _AbsentError:
            return False
        except StorageError as error:
            self.progress.note(f"{error.what}; continuing without the shared store")
            return False
        self.progress.detail(f"using {key} from the shared store")
        return True

    def _put_shared(self, key: Key, entry: Path) -> None:
        if self.shared is not None:
            try:
                self.shared.put(key, entry)
            except StorageError as error:
                self.progress.note(f"{error.what}; stored locally only")


def _damage(entry: Path, digest: str) -> str | None:
    manifest = Manifest.read(entry / MANIFEST)
    if manifest is None or manifest.key != digest:
        return "unreadable manifest"
    return manifest.damage(entry / "content")


def _lock(entry: Path) -> FileLock:
    return FileLock(entry.with_name(f".{entry.name}.removal.lock"))


def _remove_atomically(entry: Path) -> None:
    with unfinished(entry) as aside, contextlib.suppress(FileNotFoundError):
        entry.rename(aside)


def _mark_used(entry: Path) -> None:
    try:
        os.utime(entry / MANIFEST)
    except OSError:  # another user's entry, which is readable all the same
        return
