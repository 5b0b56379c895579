"""Downloads: verified by hash, cached, atomic, retried."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

from crosswheel.errors import NotFoundError, SourceError, UnavailableError
from crosswheel.host.files import sha256, storage_errors, write_atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx2

_TRIES = 3


class Downloader(Protocol):
    """Fetches files over the network or from its cache."""

    def fetch(self, url: str, *, sha256: str, fresh: bool = False) -> Path:
        """Return the file at ``url`` with a known SHA-256; downloaded only once.

        :param fresh: ignore the cached copy.
        :raises NotFoundError: if the server does not have it.
        :raises UnavailableError: if the server cannot be reached or fails.
        :raises SourceError: if the download fails otherwise, or the hash differs.
        """
        ...

    def read_bytes(self, url: str, *, fresh: bool = True) -> bytes:
        """Return the bytes at ``url``, which the caller must verify by other means (a signature).

        The cached copy is used if the network is unavailable or forbidden.

        :param fresh: download even if there is a cached copy.
        :raises SourceError: if it cannot be downloaded; see :meth:`fetch` for its subclasses.
        """
        ...


@dataclass(frozen=True)
class HttpDownloader:
    """Downloads with httpx2, which honours the proxy and certificate variables of the environment.

    :param timeout: seconds per network operation.
    :param connect: creates a client with other certificates or authentication; it must follow redirects.
    """

    cache: Path
    offline: bool = False
    timeout: float = 60.0
    connect: Callable[[], httpx2.Client] | None = None

    def fetch(self, url: str, *, sha256: str, fresh: bool = False) -> Path:
        """See :meth:`Downloader.fetch`."""
        cached = self.cache / "by-hash" / sha256[:2] / sha256 / unquote(urlsplit(url).path).rsplit("/", 1)[-1]
        if not fresh and cached.is_file() and _digest(cached) == sha256:
            return cached
        data = self._get(url)
        actual = hashlib.sha256(data).hexdigest()
        if actual != sha256:
            raise SourceError(
                f"hash mismatch: expected sha256 {sha256}, got {actual}",
                where=url,
                hint="the mirror may be damaged",
            )
        return write_atomic(cached, data)

    def read_bytes(self, url: str, *, fresh: bool = True) -> bytes:
        """See :meth:`Downloader.read_bytes`."""
        cached = self.cache / "by-url" / hashlib.sha256(url.encode()).hexdigest()
        if cached.is_file() and (self.offline or not fresh):
            return cached.read_bytes()
        try:
            data = self._get(url)
        except SourceError:
            if cached.is_file():
                return cached.read_bytes()
            raise
        with storage_errors(cached):
            write_atomic(cached, data)
        return data

    def _get(self, url: str) -> bytes:
        if self.offline:
            raise SourceError("not in the cache, and network access is disabled by --offline", where=url)
        import httpx2  # takes 0.2 s, which most runs do not need

        failure: Exception | None = None
        for _ in range(_TRIES):
            try:
                response = self._request(url)
                response.raise_for_status()
            except httpx2.HTTPStatusError as error:
                status = error.response.status_code
                if status < 500:
                    kind = NotFoundError if status in {404, 410} else SourceError
                    raise kind(f"HTTP error {status}", where=url) from error
                failure = error
            except httpx2.HTTPError as error:
                failure = error
            except httpx2.InvalidURL as error:
                raise SourceError(f"invalid URL: {error}", where=url) from error
            else:
                return response.content
        hint = "check the network and the proxy settings"
        raise UnavailableError(f"connection failed: {failure}", where=url, hint=hint) from failure

    def _request(self, url: str) -> httpx2.Response:
        from crosswheel.host.http_client import BoundedClient

        with BoundedClient(timeout=self.timeout) if self.connect is None else self.connect() as client:
            return client.get(url)


@contextlib.contextmanager
def network_errors(where: str) -> Iterator[None]:
    """Convert exceptions of network libraries to errors with a hint.

    :param where: the URL, without credentials.
    :raises SourceError: if the server cannot be reached or the connection breaks.
    """
    import httpx2

    try:
        yield
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise SourceError(
            f"connection failed: {error}", where=where, hint="check the network, the proxy settings and certificates"
        ) from error


def _digest(path: Path) -> str:
    return sha256(path)
