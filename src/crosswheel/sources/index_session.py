"""HTTP as the index settings ask for it: whom to trust, who asks, and what the servers said."""

from __future__ import annotations

import hashlib
import logging
import ssl
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosswheel.errors import SourceError, UsageError, redact_passwords
from crosswheel.host.downloads import Downloader, HttpDownloader

if TYPE_CHECKING:
    from unearth import PackageFinder
    from unearth.fetchers import PyPIClient
    from unearth.link import Link

    from crosswheel.host import Host
    from crosswheel.sources.index_settings import IndexSettings

# What it warns of is in crosswheel's own errors, and without a handler would be on standard error as well.
logging.getLogger("unearth").addHandler(logging.NullHandler())

_TIMEOUT = 60.0
NETWORK_EXCEPTIONS = (ValueError, TypeError, AttributeError, LookupError)
"""What unearth raises over pages that are not what they say."""
_ABSENT = frozenset({404, 410})


@dataclass
class ServerErrors:
    """What servers said instead of giving a page of an index, by address."""

    problems: dict[str, str] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)

    def record(self, response: Any) -> None:
        """Look at a response; the last one for an address counts, since the first may only ask who one is."""
        url = redact_passwords(str(response.url))
        kind = response.headers.get("Content-Type", "nothing said")
        self.problems.pop(url, None)
        if response.status_code >= 400 and response.status_code not in _ABSENT:
            self.problems[url] = f"the index says {response.status_code}"
        elif response.is_success and "simple" in response.request.headers.get("Accept", "") and not _is_page(kind):
            self.problems[url] = f"what is there is no page of an index but {kind.partition(';')[0]}"
        if response.status_code >= 500:
            self.failed.add(url)

    def error(self, *, failed: bool = False) -> SourceError | None:
        """The first problem, if there is one.

        :param failed: only of those where the server itself failed, so that nobody knows what it has.
        """
        for url, problem in self.problems.items():
            if url in self.failed or not failed:
                hint = "check the address, the name and password" if url not in self.failed else "try again later"
                return SourceError(problem, where=url, hint=hint)
        return None


def _is_page(content_type: str) -> bool:
    return content_type.lower().startswith(("text/html", "application/vnd.pypi.simple.v1+"))


def open_session(settings: IndexSettings, answers: ServerErrors | None = None) -> PyPIClient:
    """A client that trusts whom the settings trust, and has names and passwords from URLs and netrc.

    :raises UsageError: when there are no certificates where there should be.
    """
    from unearth.auth import MultiDomainBasicAuth
    from unearth.fetchers import PyPIClient

    client = PyPIClient(
        verify=_context(settings),
        trusted_hosts=settings.trusted_hosts,
        timeout=_TIMEOUT,
        follow_redirects=True,
        event_hooks={"response": [answers.record]} if answers is not None else {},
    )
    # Asks for no password: nobody may be there to answer.
    client.auth = MultiDomainBasicAuth(prompting=False, index_urls=[settings.index_url, *settings.extra_index_urls])
    return client


def make_downloader(host: Host, settings: IndexSettings) -> Downloader:
    """The host's downloader over such connections."""
    own = host.downloader
    return replace(own, connect=partial(open_session, settings)) if isinstance(own, HttpDownloader) else own


def _context(settings: IndexSettings) -> ssl.SSLContext | bool:
    """The certificates to trust, a file or directory that was named, else the usual ones; and the one to show."""
    if settings.cert is None and settings.client_cert is None:
        return True
    for path in filter(None, (settings.cert, settings.client_cert)):
        if not Path(path).exists():
            raise UsageError("there are no certificates there", where=path, hint="see pip's `cert` and `client-cert`")
    file, directory = (
        (settings.cert, None) if settings.cert and Path(settings.cert).is_file() else (None, settings.cert)
    )
    try:
        context = ssl.create_default_context(cafile=file, capath=directory)
    except ssl.SSLError as error:
        raise UsageError(f"there are no certificates in it: {error.reason}", where=settings.cert) from error
    if settings.client_cert:
        try:
            context.load_cert_chain(settings.client_cert)
        except ssl.SSLError as error:
            what = "it does not hold a certificate and its key without a password"
            raise UsageError(f"{what}: {error.reason}", where=settings.client_cert) from error
    return context


def download_link(finder: PackageFinder, link: Link) -> bytes:
    """An archive that an index or a page of links names, verified as far as it tells hashes.

    :raises SourceError: when it cannot be had, or a hash is wrong.
    """
    archive = finder.session.get(link.url_without_fragment)
    if archive.status_code >= 400:
        raise SourceError(f"the index says {archive.status_code}", where=link.redacted)
    for name, expected in (link.hash_option or {}).items():
        if name in hashlib.algorithms_guaranteed and (found := _digest(name, archive.content)) not in expected:
            raise SourceError(
                f"hash mismatch: expected {name} {expected[0]}, got {found}",
                where=link.redacted,
                hint="the index or its mirror may be damaged",
            )
    return archive.content


def _digest(name: str, content: bytes) -> str:
    return hashlib.new(name, content, usedforsecurity=False).hexdigest()
