"""Which failures skip a test of downloads, and which fail it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import unavailable
from fake_hosts import NoDownloads, fake_host
from unavailable import skip_unavailable, skip_without_debian, skipped_for, unreachable_address

from crosswheel.downloads.debian import DebianArchive
from crosswheel.errors import BuildError, NotFoundError, SourceError, UnavailableError

WHERE = "http://mirror.example/libc6.deb"


def raising(error: BaseException, cause: BaseException | None = None) -> Callable[[], None]:
    def test() -> None:
        raise error from cause

    return test


def report(item: pytest.Item, test: Callable[[], object]) -> pytest.TestReport:
    call = pytest.CallInfo.from_call(test, when="call")
    return skip_unavailable(item, call, pytest.TestReport.from_item_and_call(item, call))


def fails() -> None:
    assert [] == [1]


def passes() -> None:
    pass


@pytest.mark.parametrize(
    "test",
    [
        raising(UnavailableError("lacks libc6.deb", where=WHERE)),
        raising(SourceError("the sources of x"), UnavailableError("lacks libc6.deb", where=WHERE)),
    ],
)
def test_what_is_unavailable_skips(request: pytest.FixtureRequest, test: Callable[[], None]) -> None:
    found = report(request.node, test)
    assert found.outcome == "skipped"
    assert isinstance(found.longrepr, tuple)
    assert "lacks libc6.deb" in found.longrepr[2]


@pytest.mark.parametrize(
    "test",
    [
        fails,
        raising(NotFoundError("HTTP error 404", where=WHERE)),
        raising(SourceError("hash mismatch", where=WHERE)),
        raising(BuildError("the build failed")),
        raising(OSError(2, "gone")),
        raising(AssertionError("wrong"), UnavailableError("lacks libc6.deb", where=WHERE)),
        raising(UnavailableError("connection failed", where="http://localhost:8000/simple/")),
    ],
)
def test_everything_else_fails(request: pytest.FixtureRequest, test: Callable[[], None]) -> None:
    assert report(request.node, test).outcome == "failed"


def test_what_passes_or_skips_itself_stays(request: pytest.FixtureRequest) -> None:
    assert report(request.node, passes).outcome == "passed"
    assert report(request.node, lambda: pytest.skip("no gcc")).outcome == "skipped"


def archive_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> DebianArchive:
    def fail(*_words: object) -> None:
        raise error

    for method in ("read_index", "fetch_all"):
        monkeypatch.setattr(DebianArchive, method, fail)
    skip_without_debian(monkeypatch)
    return DebianArchive(fake_host(tmp_path, NoDownloads()), "trixie", "s390x")


def test_a_package_that_debian_lacks_skips_whatever_wants_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = archive_that_fails(tmp_path, monkeypatch, UnavailableError("lacks libc6.deb", where=WHERE))
    with pytest.raises(pytest.skip.Exception, match=r"lacks libc6\.deb"):
        archive.resolve(["libc6"], [])
    with pytest.raises(pytest.skip.Exception, match=r"lacks libc6\.deb"):
        archive.fetch_all((), "main/source/Sources.xz", lambda _text, _missing: ())


def test_an_archive_that_is_wrong_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = archive_that_fails(tmp_path, monkeypatch, SourceError("hash mismatch", where=WHERE))
    with pytest.raises(SourceError, match="hash mismatch"):
        archive.resolve(["libc6"], [])


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({"PIP_INDEX_URL": "http://index.example/simple/"}, ("index.example", 80)),
        ({"PIP_INDEX_URL": "https://user:word@index.example:8443/simple/"}, ("index.example", 8443)),
        (
            {"PIP_INDEX_URL": "https://index.example/", "HTTPS_PROXY": "http://proxy.example:3128"},
            ("proxy.example", 3128),
        ),
    ],
)
@pytest.mark.parametrize("connects", [True, False])
def test_without_a_connection_there_is_no_network(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], address: tuple[str, int], connects: bool
) -> None:
    asked = []

    def connect(host: str, port: int) -> bool:
        asked.append((host, port))
        return connects

    monkeypatch.setattr(unavailable, "_connects", connect)
    environ = {"PIP_CONFIG_FILE": "/dev/null", **environ}
    assert unreachable_address(environ) == (None if connects else f"{address[0]}:{address[1]}")
    assert asked == [address]


def test_reasons_are_counted(request: pytest.FixtureRequest) -> None:
    reports = [report(request.node, lambda: pytest.skip("no gcc")) for _ in range(2)]
    reports += [report(request.node, raising(UnavailableError("lacks libc6.deb", where=WHERE)))]
    assert skipped_for(reports) == ["    2  no gcc", "    1  not available: lacks libc6.deb"]
