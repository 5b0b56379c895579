"""HTTP sessions for package indexes: certificates, authentication, errors of the servers, downloads."""

from __future__ import annotations

import hashlib
import logging
import ssl
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from crosswheel.errors import SourceError, UsageError, redact_passwords
from crosswheel.host.downloads import Downloader, HttpDownloader
from crosswheel.sources.index_settings import index_urls

if TYPE_CHECKING:
    from unearth import PackageFinder
    from unearth.fetchers import PyPIClient
    from unearth.link import Link

    from crosswheel.host import Host
    from crosswheel.sources.index_settings import IndexSettings

# crosswheel's errors cover its warnings, which would be printed to standard error without a handler.
logging.getLogger("unearth").addHandler(logging.NullHandler())

_TIMEOUT = 60.0
NETWORK_EXCEPTIONS = (ValueError, TypeError, AttributeError, LookupError, RecursionError)
"""Exceptions that unearth raises for malformed pages."""
_ABSENT = frozenset({404, 410})


@dataclass
class ServerErrors:
    """HTTP errors and non-index pages, by URL."""

    problems: dict[str, str] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)

    def record(self, response: Any) -> None:
        """Record a response; the last one for a URL counts, since the first may only request authentication."""
        url = redact_passwords(str(response.url))
        content_type = response.headers.get("Content-Type", "no content type")
        self.problems.pop(url, None)
        if response.status_code >= 400 and response.status_code not in _ABSENT:
            self.problems[url] = f"HTTP error {response.status_code} from the index"
        elif (
            response.is_success
            and "simple" in response.request.headers.get("Accept", "")
            and not _is_page(content_type)
        ):
            self.problems[url] = f"not a package index page: {content_type.partition(';')[0]}"
        if response.status_code >= 500:
            self.failed.add(url)

    def error(self, *, failed: bool = False) -> SourceError | None:
        """Return the first error; None if there is none.

        :param failed: only consider URLs for which the server itself failed (5xx), so that its content is unknown.
        """
        for url, problem in self.problems.items():
            if url in self.failed or not failed:
                hint = "check the URL and the credentials" if url not in self.failed else "try again later"
                return SourceError(problem, where=url, hint=hint)
        return None


def _is_page(content_type: str) -> bool:
    return content_type.lower().startswith(("text/html", "application/vnd.pypi.simple.v1+"))


def open_session(settings: IndexSettings, errors: ServerErrors | None = None) -> PyPIClient:
    """Create a client with the settings' certificates, and credentials from URLs and netrc.

    :param errors: records errors of the servers.
    :raises UsageError: if a certificate file does not exist or is invalid.
    """
    from unearth.auth import MultiDomainBasicAuth

    from crosswheel.sources.index_client import IndexClient

    client = IndexClient(
        (*index_urls(settings), *settings.links),
        verify=_tls_context(settings),
        trusted_hosts=settings.trusted_hosts,
        timeout=_TIMEOUT,
        follow_redirects=True,
        event_hooks={"response": [errors.record]} if errors is not None else {},
    )
    # No password prompt: builds may not be interactive.
    client.auth = MultiDomainBasicAuth(prompting=False, index_urls=[settings.index_url, *settings.extra_index_urls])
    return client


def make_downloader(host: Host, settings: IndexSettings) -> Downloader:
    """Return the host's downloader with the settings' certificates and credentials."""
    downloader = host.downloader
    return (
        replace(downloader, connect=partial(open_session, settings))
        if isinstance(downloader, HttpDownloader)
        else downloader
    )


def _tls_context(settings: IndexSettings) -> ssl.SSLContext | bool:
    """Return the TLS context: the given certificates or the default ones, and the client's certificate."""
    if settings.cert is None and settings.client_cert is None:
        return True
    for path in filter(None, (settings.cert, settings.client_cert)):
        if not Path(path).exists():
            raise UsageError(
                "certificate file not found", where=path, hint="see pip's options --cert and --client-cert"
            )
    file, directory = (
        (settings.cert, None) if settings.cert and Path(settings.cert).is_file() else (None, settings.cert)
    )
    try:
        context = ssl.create_default_context(cafile=file, capath=directory)
    except ssl.SSLError as error:
        raise UsageError(f"no valid certificates in the file: {error.reason}", where=settings.cert) from error
    if settings.client_cert:
        try:
            context.load_cert_chain(settings.client_cert)
        except ssl.SSLError as error:
            what = "the file must contain a certificate and its unencrypted key"
            raise UsageError(f"{what}: {error.reason}", where=settings.client_cert) from error
    return context


def download_link(finder: PackageFinder, link: Link) -> bytes:
    """Download an archive listed on an index or a page of links, and verify the hashes given there.

    :raises SourceError: if it cannot be downloaded, or a hash differs.
    """
    hashes = _known_hashes(link)
    response = finder.session.get(link.url_without_fragment)
    if response.status_code >= 400:
        raise SourceError(f"HTTP error {response.status_code} from the index", where=link.redacted)
    for name, expected in hashes.items():
        if (actual := _digest(name, response.content)) != expected.lower():
            raise SourceError(
                f"hash mismatch: expected {name} {expected}, got {actual}",
                where=link.redacted,
                hint="the index or its mirror may be damaged",
            )
    return response.content


def _known_hashes(link: Link) -> dict[str, str]:
    """Return the hashes of a link that can be verified; empty if it has none at all.

    :raises SourceError: if it has only hashes of unknown algorithms, or an empty one.
    """
    fragment = dict(parse_qsl(link.parsed.fragment, keep_blank_values=True))
    given: dict[str, Any] = {name: value for name, value in fragment.items() if name not in _NO_HASHES}
    try:
        given |= dict(link.hashes or {})
    except (TypeError, ValueError) as error:
        raise SourceError("the hashes of a file are not a table", where=link.redacted) from error
    known = {name: str(value or "") for name, value in given.items() if name in _ALGORITHMS}
    hint = "the index or its mirror may be damaged"
    if given and not known:
        what = f"cannot verify the hash of a file: unknown algorithm {', '.join(sorted(given))}"
        raise SourceError(what, where=link.redacted, hint=hint)
    for name, value in known.items():
        if not value:
            raise SourceError(f"the {name} hash of a file is empty", where=link.redacted, hint=hint)
    return known


_NO_HASHES = frozenset({"egg", "subdirectory"})
_ALGORITHMS = frozenset(name for name in hashlib.algorithms_guaranteed if not name.startswith("shake"))
"""Hash algorithms with digests of one length."""


def _digest(name: str, content: bytes) -> str:
    return hashlib.new(name, content, usedforsecurity=False).hexdigest()
