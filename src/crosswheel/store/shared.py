"""Shared stores: a directory, bucket or server that several machines read and fill."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from crosswheel.errors import EnvironmentMissingError, SourceError, StorageError, UsageError
from crosswheel.host.archives import unpack
from crosswheel.host.files import sha256, temporary_directory
from crosswheel.host.trees import pack_tar

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.store.key import Key


class SharedStore(Protocol):
    """A second level of the store."""

    def get(self, key: Key, entry: Path) -> bool:
        """Fill the empty directory ``entry`` with the entry of a key.

        :returns: whether the store has one.
        :raises StorageError: if the store cannot be reached, or the entry is damaged.
        """
        ...

    def put(self, key: Key, entry: Path) -> None:
        """Store an entry.

        :raises StorageError: if the store cannot be reached or written.
        """
        ...


@dataclass(frozen=True)
class FsspecStore:
    """A file system supported by fsspec.

    An entry consists of an archive, named by its hash, and a small file, named by the key, that references the archive
    and is written last. Readers see a complete entry or none, and concurrent writers do not interfere.

    :param filesystem: fsspec's file system.
    :param root: the store's path in it.
    """

    filesystem: Any
    root: str
    url: str

    @property
    def local(self) -> bool:
        """Whether it is a directory of this machine, which needs no network."""
        return "file" in (protocol if isinstance(protocol := self.filesystem.protocol, tuple) else (protocol,))

    def get(self, key: Key, entry: Path) -> bool:
        """See :meth:`SharedStore.get`."""
        path = self._entry_path(key)
        try:
            if not self.filesystem.exists(f"{path}.json"):
                return False
            digest = str(json.loads(self.filesystem.cat_file(f"{path}.json"))["sha256"])
            with temporary_directory(prefix="crosswheel-share-") as work:
                archive = work / "entry.tar.gz"
                self.filesystem.get_file(f"{path}.{digest}.tar.gz", str(archive))
                if sha256(archive) != digest:
                    raise StorageError(f"damaged entry in the shared store: {key}", where=self.url)
                unpack(archive, entry)
        except (OSError, ValueError, KeyError, TypeError, SourceError) as error:
            raise StorageError(f"cannot read {key} from the shared store: {error}", where=self.url) from error
        return True

    def put(self, key: Key, entry: Path) -> None:
        """See :meth:`SharedStore.put`."""
        path = self._entry_path(key)
        try:
            with temporary_directory(prefix="crosswheel-share-") as work:
                archive = pack_tar(entry, work / "entry.tar.gz")
                digest = sha256(archive)
                self.filesystem.makedirs(path.rpartition("/")[0], exist_ok=True)
                self.filesystem.put_file(str(archive), f"{path}.{digest}.tar.gz")
                self.filesystem.pipe_file(f"{path}.json", json.dumps({"sha256": digest}).encode())
        except OSError as error:
            raise StorageError(f"cannot write {key} to the shared store: {error}", where=self.url) from error

    def _entry_path(self, key: Key) -> str:
        return f"{self.root}/{key.kind}/{key.digest[:2]}/{key.name}-{key.digest}"


def open_shared(url: str) -> FsspecStore:
    """Open the shared store at a URL supported by fsspec, or in a directory.

    :raises UsageError: if the URL's scheme is unknown.
    :raises EnvironmentMissingError: if fsspec, or a package that it needs for this URL, is not installed.
    """
    try:
        import fsspec
    except ImportError as error:
        hint = "pip install 'crosswheel[shared]'"
        raise EnvironmentMissingError("a shared store needs fsspec", where=url, hint=hint) from error
    try:
        filesystem, root = fsspec.core.url_to_fs(url)
    except ValueError as error:
        raise UsageError(f"unsupported URL of a shared store: {error}", where=url) from error
    except ImportError as error:
        raise EnvironmentMissingError(
            f"a package for this URL of a shared store is missing: {error}", where=url
        ) from error
    return FsspecStore(filesystem, str(root).rstrip("/"), url)
