"""Servers made to exhaust or mislead a client: a real one on loopback, and what is read of it."""

from __future__ import annotations

import gzip
import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from crosswheel.errors import ExitStatus, SourceError
from crosswheel.host import Host
from crosswheel.host.downloads import HttpDownloader
from crosswheel.host.http_client import AnswerLimits, BoundedClient
from crosswheel.sources.find_sdist import find_sdist
from crosswheel.sources.index_settings import IndexSettings

JSON = "application/vnd.pypi.simple.v1+json"
MEBIBYTE = bytes(1 << 20)
Body = bytes | Callable[[], Iterator[bytes]]


@contextmanager
def server(status: int, headers: Mapping[str, str], body: Body = b"") -> Iterator[str]:
    """Serve one answer at every path; yield the origin."""
    closed = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for piece in [body] if isinstance(body, bytes) else body():
                    if closed.is_set():
                        return
                    self.wfile.write(piece)
                    self.wfile.flush()
            except OSError:  # the client has closed the connection
                return

        def log_message(self, *arguments: object) -> None:
            pass

    instance = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    instance.daemon_threads = True
    thread = threading.Thread(target=instance.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{instance.server_port}"
    finally:
        closed.set()
        instance.shutdown()
        instance.server_close()
        thread.join()


def lookup(host: Host, origin: str, **settings: tuple[str, ...]) -> SourceError:
    with pytest.raises(SourceError) as caught:
        find_sdist(host, Requirement("own"), IndexSettings(f"{origin}/simple/", **settings))
    assert caught.value.status is ExitStatus.SOURCE
    assert "\n" not in caught.value.what
    return caught.value


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "own-1.0.tar.gz"
    file.write_bytes(b"secret")
    return file


def test_a_redirect_does_not_lead_to_a_file(host: Host, secret: Path, tmp_path: Path) -> None:
    with server(302, {"Location": secret.as_uri()}) as origin:
        assert "not of the web" in lookup(host, origin).what
        with pytest.raises(SourceError, match="not of the web"):
            HttpDownloader(tmp_path / "cache").read_bytes(f"{origin}/x.tar.gz")


@pytest.mark.parametrize("base", ["", '<base href="file:///">'])
def test_a_page_does_not_lead_to_a_file(host: Host, secret: Path, base: str) -> None:
    page = f"<html><head>{base}</head><body><a href='{secret.as_uri()}'>own-1.0.tar.gz</a></body></html>"
    with server(200, {"Content-Type": "text/html"}, page.encode()) as origin:
        assert "a file on this machine" in lookup(host, origin).what
        other = secret.parent / "other"
        other.mkdir()
        assert "a file on this machine" in lookup(host, origin, find_links=(str(other),)).what


@pytest.mark.parametrize(
    "text",
    ["[" * 5000 + "]" * 5000, '{"files":' * 5000 + "1" + "}" * 5000, '{"files": [' + "9" * 100_000 + "]}", "[1]"],
)
def test_json_that_is_no_page(host: Host, text: str) -> None:
    with server(200, {"Content-Type": JSON}, text.encode()) as origin:
        assert "invalid response of the index" in lookup(host, origin).what


def endless() -> Iterator[bytes]:
    return itertools.repeat(MEBIBYTE)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, endless),
        ({"Content-Length": str(5 << 30)}, endless),
        ({"Content-Encoding": "gzip"}, gzip.compress(bytes(200 << 20))),
    ],
)
def test_a_page_has_a_limit(host: Host, headers: Mapping[str, str], body: Body) -> None:
    with server(200, {"Content-Type": "text/html", **headers}, body) as origin:
        assert "larger than 128 MiB" in lookup(host, origin).what


def test_nothing_is_left_of_a_file_that_is_too_large(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with (
        server(200, {"Content-Length": str(2500 << 20)}, endless) as origin,
        pytest.raises(SourceError, match="larger than 512 MiB"),
    ):
        HttpDownloader(cache).read_bytes(f"{origin}/x.tar.gz")
    assert not cache.exists()


def test_compression_of_compression_is_refused(tmp_path: Path) -> None:
    body = gzip.compress(gzip.compress(bytes(1 << 20)))
    with (
        server(200, {"Content-Encoding": "gzip, gzip"}, body) as origin,
        pytest.raises(SourceError, match="unsupported encoding"),
    ):
        HttpDownloader(tmp_path).read_bytes(f"{origin}/x")


def test_a_server_that_drips_is_left() -> None:
    class Impatient(BoundedClient):
        limits = AnswerLimits(patience=0.2)

    def drip() -> Iterator[bytes]:
        pause = threading.Event()
        while not pause.wait(0.02):
            yield b"x"

    with server(200, {}, drip) as origin, Impatient() as client, pytest.raises(SourceError, match="too slow"):
        client.get(origin)


@pytest.mark.parametrize("fragment", ["sha999=ab", "sha256=", "sha512="])
def test_a_hash_that_cannot_be_verified_is_an_error(host: Host, fragment: str) -> None:
    page = f'<a href="/own-1.0.tar.gz#{fragment}">own-1.0.tar.gz</a>'
    with server(200, {"Content-Type": "text/html"}, page.encode()) as origin:
        assert "hash" in lookup(host, origin).what
