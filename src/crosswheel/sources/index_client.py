"""The HTTP client of package indexes: it reads pages and archives within limits, and files where the user says so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from unearth.fetchers import PyPIClient

from crosswheel.errors import SourceError
from crosswheel.host.http_client import AnswerLimits, BoundedClient

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crosswheel.host.http_client import Request, Response

_PAGE = AnswerLimits(size=128 << 20)


class IndexClient(BoundedClient, PyPIClient):
    """A client for indexes.

    :param locations: the URLs and paths of indexes and of directories and pages of links. If one of them is remote,
        files are read only beside and below the local ones: a page of a server does not lead to a file.
    """

    def __init__(self, locations: Iterable[str], **options: Any) -> None:
        super().__init__(**options)
        all_locations = tuple(locations)
        self._roots = tuple(path for location in all_locations if (path := _local_directory(location)))
        self._restricted = len(self._roots) < len(all_locations)

    def send(self, request: Request, *, stream: bool = False, **options: Any) -> Response:
        """See :meth:`BoundedClient.send`.

        :raises SourceError: if it is for a file that is in none of the locations.
        """
        if request.url.scheme == "file" and self._restricted:
            path = Path(unquote(request.url.path)).resolve()
            if not any(path.is_relative_to(root) for root in self._roots):
                raise SourceError(
                    "a page of links leads to a file on this machine, which is not read",
                    where=path,
                    hint="if it is meant, pass its directory by --find-links",
                )
        return super().send(request, stream=stream, **options)

    def answer_limits(self, request: Request) -> AnswerLimits:
        """Return smaller limits for pages than for archives."""
        return _PAGE if "simple" in request.headers.get("Accept", "") else self.limits


def _local_directory(location: str) -> Path | None:
    """Return the directory of a local location; None if it is remote."""
    if location.startswith("file:"):
        path = Path(unquote(urlsplit(location).path))
    elif "://" in location:
        return None
    else:
        path = Path(location)
    path = path.resolve()
    return path if path.is_dir() else path.parent
