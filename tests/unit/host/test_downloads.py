"""Downloads, with a network that is a function."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from crosswheel.errors import NotFoundError, SourceError, UnavailableError
from crosswheel.host.downloads import HttpDownloader, network_errors

URL = "https://example.org/files/a.tar.xz"
DATA = b"content"
HASH = hashlib.sha256(DATA).hexdigest()
Answer = Callable[[httpx2.Request], httpx2.Response]


class Network:
    """Answers requests one after the other, the last answer for ever."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.answers: list[Answer] = []
        transport = httpx2.MockTransport(self._answer)
        monkeypatch.setattr(
            httpx2.HTTPTransport, "handle_request", lambda _, request: transport.handle_request(request)
        )

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(str(request.url))
        return (self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])(request)


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    return Network(monkeypatch)


def says(status: int, content: bytes = b"", **headers: str) -> Answer:
    return lambda _request: httpx2.Response(status, content=content, headers=headers)


def breaks(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("nobody there", request=request)


def test_a_file_is_fetched_once(network: Network, tmp_path: Path) -> None:
    network.answers = [says(200, DATA)]
    downloader = HttpDownloader(tmp_path)
    kept = downloader.fetch(URL, sha256=HASH)
    assert kept.name == "a.tar.xz"
    assert kept.read_bytes() == DATA
    assert downloader.fetch("https://mirror.example/a.tar.xz", sha256=HASH) == kept
    assert HttpDownloader(tmp_path, offline=True).fetch(URL, sha256=HASH) == kept
    assert network.asked == [URL]


def test_a_kept_file_is_ignored_when_it_is_damaged_or_a_fresh_one_is_wanted(network: Network, tmp_path: Path) -> None:
    network.answers = [says(200, DATA)]
    downloader = HttpDownloader(tmp_path)
    kept = downloader.fetch(URL, sha256=HASH)
    kept.write_bytes(b"damaged")
    assert downloader.fetch(URL, sha256=HASH).read_bytes() == DATA
    downloader.fetch(URL, sha256=HASH, fresh=True)
    assert len(network.asked) == 3


def test_a_file_with_another_hash_is_not_kept(network: Network, tmp_path: Path) -> None:
    network.answers = [says(200, b"other")]
    with pytest.raises(SourceError, match=f"expected sha256 {HASH}, got ") as caught:
        HttpDownloader(tmp_path).fetch(URL, sha256=HASH)
    assert caught.value.where == URL
    assert list(tmp_path.iterdir()) == []


def test_redirects_are_followed(network: Network, tmp_path: Path) -> None:
    network.answers = [says(302, location="https://cdn.example/a"), says(200, DATA)]
    assert HttpDownloader(tmp_path).read_bytes(URL) == DATA
    assert network.asked == [URL, "https://cdn.example/a"]


@pytest.mark.parametrize("status", [403, 404, 410])
def test_what_the_server_refuses_is_not_asked_again(network: Network, tmp_path: Path, status: int) -> None:
    network.answers = [says(status)]
    with pytest.raises(SourceError, match=f"HTTP error {status}") as caught:
        HttpDownloader(tmp_path).read_bytes(URL)
    assert len(network.asked) == 1
    assert type(caught.value) is (SourceError if status == 403 else NotFoundError)


@pytest.mark.parametrize("failure", [says(500), says(503), breaks])
def test_a_passing_failure_is_tried_again(network: Network, tmp_path: Path, failure: Answer) -> None:
    network.answers = [failure, failure, says(200, DATA)]
    assert HttpDownloader(tmp_path).read_bytes(URL) == DATA


@pytest.mark.parametrize("failure", [says(502), breaks])
def test_a_lasting_failure_is_told(network: Network, tmp_path: Path, failure: Answer) -> None:
    network.answers = [failure]
    with pytest.raises(SourceError, match="connection failed") as caught:
        HttpDownloader(tmp_path).fetch(URL, sha256=HASH)
    assert caught.value.where == URL
    assert type(caught.value) is UnavailableError
    assert len(network.asked) == 3


def test_an_address_that_is_none_is_told(network: Network, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="invalid URL"):
        HttpDownloader(tmp_path).read_bytes("https://example.org:port/a")


def test_what_was_read_serves_when_the_network_is_away(network: Network, tmp_path: Path) -> None:
    downloader = HttpDownloader(tmp_path)
    network.answers = [says(200, b"old")]
    assert downloader.read_bytes(URL) == b"old"
    network.answers = [says(200, b"new")]
    assert downloader.read_bytes(URL, fresh=False) == b"old"
    assert HttpDownloader(tmp_path, offline=True).read_bytes(URL) == b"old"
    assert len(network.asked) == 1
    assert downloader.read_bytes(URL) == b"new"
    network.answers = [breaks]
    assert downloader.read_bytes(URL) == b"new"


def test_offline_nothing_is_asked_for(network: Network, tmp_path: Path) -> None:
    downloader = HttpDownloader(tmp_path, offline=True)
    for ask in (lambda: downloader.read_bytes(URL), lambda: downloader.fetch(URL, sha256=HASH)):
        with pytest.raises(SourceError, match="--offline") as caught:
            ask()
        assert caught.value.where == URL
    assert network.asked == []


@pytest.mark.parametrize("error", [httpx2.ReadTimeout("slow"), httpx2.InvalidURL("odd")])
def test_errors_of_libraries_are_told(error: Exception) -> None:
    with pytest.raises(SourceError, match="connection failed") as caught, network_errors("https://example.org"):
        raise error
    assert caught.value.where == "https://example.org"


def test_other_errors_are_not_the_networks() -> None:
    with pytest.raises(LookupError), network_errors("https://example.org"):
        raise LookupError
