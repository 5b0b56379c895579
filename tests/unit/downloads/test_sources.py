"""Source packages of Debian: what a list of sources says of them."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest
from fake_hosts import Shelf, digest, tarball

from crosswheel.downloads.debian import archive, fetch_source
from crosswheel.downloads.debian.sources import find_source
from crosswheel.errors import EnvironmentMissingError, SourceError
from crosswheel.host import Host

LISTING = """\
Package: libx
Binary: libx1, libx-dev
Version: 1.2-3
Checksums-Sha256:
 {dsc} 100 libx_1.2-3.dsc
 {orig} 200 libx_1.2.orig.tar.gz
 {changes} 300 libx_1.2-3.debian.tar.xz
Directory: pool/main/libx

Package: native
Version: 5
Checksums-Sha256:
 {dsc} 100 native_5.tar.xz
Directory: pool/main/native
"""
MIRROR = "http://deb.debian.org/debian"


@pytest.fixture
def packed() -> bytes:
    return tarball({"libx-1.2/x.c": b"int x;\n"})


@pytest.fixture
def listed(shelf: Shelf, packed: bytes, monkeypatch: pytest.MonkeyPatch) -> str:
    """A list of sources on the shelf, whose signature is taken for good."""
    text = LISTING.format(dsc="1" * 64, orig=digest(packed), changes="2" * 64)
    index = lzma.compress(text.encode())
    release = f"SHA256:\n {digest(index)} {len(index):>10} main/source/Sources.xz\n"
    monkeypatch.setattr(archive, "verify_clearsigned", lambda signed, _where: signed)
    shelf.files[f"{MIRROR}/dists/trixie/InRelease"] = release.encode()
    shelf.files[f"{MIRROR}/dists/trixie/main/source/Sources.xz"] = index
    shelf.files[f"{MIRROR}/pool/main/libx/libx_1.2.orig.tar.gz"] = packed
    return text


def test_the_archive_that_authors_released_is_chosen(listed: str, packed: bytes) -> None:
    found = find_source(listed, "libx")
    assert found is not None
    assert (found.version, found.path, found.sha256) == (
        "1.2-3",
        "pool/main/libx/libx_1.2.orig.tar.gz",
        digest(packed),
    )
    assert find_source(listed, "lib") is None
    assert find_source(listed, "native") is None


def test_sources_are_fetched_and_unpacked_once(host: Host, shelf: Shelf, listed: str) -> None:
    place = fetch_source(host, "trixie", "libx")
    assert (place / "x.c").read_text("utf-8") == "int x;\n"
    shelf.files.clear()
    assert fetch_source(host, "trixie", "libx") == place


def test_sources_that_are_not_there(host: Host, listed: str) -> None:
    with pytest.raises(EnvironmentMissingError, match="no source package nothing"):
        fetch_source(host, "trixie", "nothing")


def test_sources_that_are_not_what_the_list_says(host: Host, shelf: Shelf, listed: str) -> None:
    shelf.files[f"{MIRROR}/pool/main/libx/libx_1.2.orig.tar.gz"] = b"other"
    with pytest.raises(SourceError, match="hash mismatch"):
        fetch_source(host, "trixie", "libx")


def test_the_place_is_the_caches(host: Host, listed: str) -> None:
    assert Path(host.cache) in fetch_source(host, "trixie", "libx").parents
