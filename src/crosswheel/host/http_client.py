"""HTTP clients that read answers within limits: of size, time, and where they redirect to."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import httpx2

from crosswheel.errors import SourceError

Request = httpx2.Request
Response = httpx2.Response
_WEB = frozenset({"http", "https"})
_ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
"""Content encodings of which a piece of the network's size unpacks to at most a thousand times as much."""
_ABOUT_BODY = ("Content-Encoding", "Content-Length", "Transfer-Encoding")


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    """Limits on an answer of a server.

    :param size: bytes of its body, unpacked.
    :param patience: seconds after which it must have come at ``rate`` bytes per second on average.
    """

    size: int = 512 << 20
    patience: float = 60.0
    rate: int = 1024


class BoundedClient(httpx2.Client):
    """A client that reads each answer whole, in pieces, within limits. It follows redirects, but only on the web."""

    limits = AnswerLimits()

    def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        """Send a request and read its answer.

        :raises SourceError: if the answer exceeds the limits, or redirects from the web to something else.
        """
        del stream
        for _ in range(self.max_redirects + 1):
            request.headers["Accept-Encoding"] = "gzip, deflate"
            response = super().send(request, stream=True, **(options | {"follow_redirects": False}))
            try:
                if not response.has_redirect_location:
                    return self._read(response)
                request = _next_request(response)
            finally:
                response.close()
        raise httpx2.TooManyRedirects("Exceeded maximum allowed redirects.", request=request)

    def _read(self, response: httpx2.Response) -> httpx2.Response:
        limits = self.answer_limits(response.request)
        where = str(response.url)
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in _ENCODINGS:
            raise SourceError(f"the server's answer has an unsupported encoding: {encoding!r}", where=where)
        announced = response.headers.get("Content-Length", "")
        too_large = SourceError(f"the server's answer is larger than {limits.size >> 20} MiB", where=where)
        if response.request.method != "HEAD" and announced.isdecimal() and int(announced[:20]) > limits.size:
            raise too_large
        body = bytearray()
        start = time.monotonic()
        for piece in response.iter_bytes():
            body += piece
            if len(body) > limits.size:
                raise too_large
            elapsed = time.monotonic() - start
            if elapsed > limits.patience and len(body) < elapsed * limits.rate:
                what = f"the server is too slow: {len(body)} bytes in {elapsed:.0f} seconds"
                raise SourceError(what, where=where, hint="try again later")
        headers = response.headers.copy()
        for name in _ABOUT_BODY:
            headers.pop(name, None)
        return httpx2.Response(
            response.status_code, headers=headers, content=bytes(body), request=response.request,
            extensions=response.extensions,
        )  # fmt: skip

    def answer_limits(self, _request: httpx2.Request) -> AnswerLimits:
        """Return the limits on the answer to a request."""
        return self.limits


def _next_request(response: httpx2.Response) -> httpx2.Request:
    """Return the request that an answer redirects to.

    :raises SourceError: if it leads from the web to something else, such as a file.
    """
    following = response.next_request
    if following is None:
        raise SourceError("the server redirects to an invalid URL", where=str(response.url))
    if response.url.scheme in _WEB and following.url.scheme not in _WEB:
        what = f"the server redirects to a URL that is not of the web: {response.headers['Location'][:200]!r}"
        raise SourceError(what, where=str(response.url))
    return following
