"""Fetching files: verified, kept, resumed by being fetched again, and never half there."""

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
    """Fetches files over the network, or from where it kept them."""

    def fetch(self, url: str, *, sha256: str, fresh: bool = False) -> Path:
        """The file at ``url``, whose SHA-256 is known beforehand; fetched only once.

        :param fresh: ignore the kept copy.
        :raises NotFoundError: when the server does not have it.
        :raises UnavailableError: when the server does not answer.
        :raises SourceError: when it cannot be had for another reason, or is not what it should be.
        """
        ...

    def read_bytes(self, url: str, *, fresh: bool = True) -> bytes:
        """The bytes at ``url``, which whoever asks will verify by other means (a signature).

        A kept copy serves when the network is away or forbidden.

        :raises SourceError: when it cannot be had; of which kind, see :meth:`fetch`.
        """
        ...


@dataclass(frozen=True)
class HttpDownloader:
    """Fetches with httpx2, which honours the proxy and certificate variables of the environment.

    :param connect: opens connections where something else is to be trusted or told; it follows redirects.
    """

    cache: Path
    offline: bool = False
    timeout: float = 60.0
    connect: Callable[[], httpx2.Client] | None = None

    def fetch(self, url: str, *, sha256: str, fresh: bool = False) -> Path:
        """See :meth:`Downloader.fetch`."""
        kept = self.cache / "by-hash" / sha256[:2] / sha256 / unquote(urlsplit(url).path).rsplit("/", 1)[-1]
        if not fresh and kept.is_file() and _digest(kept) == sha256:
            return kept
        data = self._get(url)
        found = hashlib.sha256(data).hexdigest()
        if found != sha256:
            raise SourceError(
                f"hash mismatch: expected sha256 {sha256}, got {found}",
                where=url,
                hint="the mirror may be damaged",
            )
        return write_atomic(kept, data)

    def read_bytes(self, url: str, *, fresh: bool = True) -> bytes:
        """See :meth:`Downloader.read_bytes`."""
        kept = self.cache / "by-url" / hashlib.sha256(url.encode()).hexdigest()
        if kept.is_file() and (self.offline or not fresh):
            return kept.read_bytes()
        try:
            data = self._get(url)
        except SourceError:
            if kept.is_file():
                return kept.read_bytes()
            raise
        with storage_errors(kept):
            write_atomic(kept, data)
        return data

    def _get(self, url: str) -> bytes:
        if self.offline:
            raise SourceError("not in the cache, and --offline forbids fetching it", where=url)
        import httpx2  # a fifth of a second that most runs do not need

        failure: Exception | None = None
        for _ in range(_TRIES):
            try:
                response = self._answer(url)
                response.raise_for_status()
            except httpx2.HTTPStatusError as error:
                status = error.response.status_code
                if status < 500:
                    kind = NotFoundError if status in {404, 410} else SourceError
                    raise kind(f"the server says {status}", where=url) from error
                failure = error
            except httpx2.HTTPError as error:
                failure = error
            except httpx2.InvalidURL as error:
                raise SourceError(f"not an address: {error}", where=url) from error
            else:
                return response.content
        hint = "check the network and proxies"
        raise UnavailableError(f"cannot reach it: {failure}", where=url, hint=hint) from failure

    def _answer(self, url: str) -> httpx2.Response:
        import httpx2

        if self.connect is None:
            return httpx2.get(url, follow_redirects=True, timeout=self.timeout)
        with self.connect() as client:
            return client.get(url)


@contextlib.contextmanager
def network_errors(where: str) -> Iterator[None]:
    """Turn what network libraries raise into an error a person can act on.

    :param where: the address, without credentials.
    :raises SourceError: when nobody answers there, or the answer breaks off.
    """
    import httpx2

    try:
        yield
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise SourceError(
            f"cannot reach it: {error}", where=where, hint="check the network, proxies and certificates"
        ) from error


def _digest(path: Path) -> str:
    return sha256(path)
