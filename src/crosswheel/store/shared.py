"""A second level of the store: a directory, bucket or server that several machines read and fill."""

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
    """Where entries are kept for others."""

    def get(self, key: Key, entry: Path) -> bool:
        """Fill the empty directory ``entry`` with what is kept there under a key; whether there was anything.

        :raises StorageError: when it cannot be reached, or what it has is damaged.
        """
        ...

    def put(self, key: Key, entry: Path) -> None:
        """Keep an entry there.

        :raises StorageError: when it cannot be reached, or refuses.
        """
        ...


@dataclass(frozen=True)
class FsspecStore:
    """Any file system that fsspec knows.

    An entry is one archive, named by its own hash, and a small file named by the key that says which archive and is
    written last. Who reads sees all of an entry or none of it, and two who write do not mix.

    :param filesystem: fsspec's; ``root`` is the path in it.
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
        place = self._place(key)
        try:
            if not self.filesystem.exists(f"{place}.json"):
                return False
            digest = str(json.loads(self.filesystem.cat_file(f"{place}.json"))["sha256"])
            with temporary_directory(parent=entry.parent, prefix=f".{entry.name}.") as work:
                archive = work / "entry.tar.gz"
                self.filesystem.get_file(f"{place}.{digest}.tar.gz", str(archive))
                if sha256(archive) != digest:
                    raise StorageError(f"the shared store has a damaged {key}", where=self.url)
                unpack(archive, entry)
        except (OSError, ValueError, KeyError, TypeError, SourceError) as error:
            raise StorageError(f"the shared store gives no {key}: {error}", where=self.url) from error
        return True

    def put(self, key: Key, entry: Path) -> None:
        """See :meth:`SharedStore.put`."""
        place = self._place(key)
        try:
            with temporary_directory(prefix="crosswheel-share-") as work:
                archive = pack_tar(entry, work / "entry.tar.gz")
                digest = sha256(archive)
                self.filesystem.makedirs(place.rpartition("/")[0], exist_ok=True)
                self.filesystem.put_file(str(archive), f"{place}.{digest}.tar.gz")
                self.filesystem.pipe_file(f"{place}.json", json.dumps({"sha256": digest}).encode())
        except OSError as error:
            raise StorageError(f"the shared store takes no {key}: {error}", where=self.url) from error

    def _place(self, key: Key) -> str:
        return f"{self.root}/{key.kind}/{key.digest[:2]}/{key.name}-{key.digest}"


def open_shared(url: str) -> FsspecStore:
    """The shared store at a URL that fsspec understands, or in a directory.

    :raises UsageError: when nobody knows such URLs.
    :raises EnvironmentMissingError: when fsspec is missing, or what it needs for this kind of URL.
    """
    try:
        import fsspec
    except ImportError as error:
        hint = "pip install 'crosswheel[shared]'"
        raise EnvironmentMissingError("a shared store needs fsspec", where=url, hint=hint) from error
    try:
        filesystem, root = fsspec.core.url_to_fs(url)
    except ValueError as error:
        raise UsageError(f"not the URL of a store: {error}", where=url) from error
    except ImportError as error:
        raise EnvironmentMissingError(f"a store at this URL needs more: {error}", where=url) from error
    return FsspecStore(filesystem, str(root).rstrip("/"), url)
