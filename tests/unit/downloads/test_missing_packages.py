"""Debian packages whose file is missing: what takes their place, in which order, and what the error says."""

from __future__ import annotations

import lzma
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from fake_hosts import Shelf, deb, digest, fake_host, tarball

from crosswheel.downloads.debian import DebianArchive, archive, fetch_source, make_root
from crosswheel.downloads.debian.mirrors import DEFAULT_MIRROR, MIRROR_VARIABLE, fetch_file, mirrors, suite_locations
from crosswheel.downloads.debian.roots import _table
from crosswheel.errors import NotFoundError, SourceError, UnavailableError

OTHER = "http://mirror.example/debian"
PACKAGES = "main/binary-s390x/Packages.xz"
SOURCES = "main/source/Sources.xz"


def contents(version: str) -> bytes:
    return deb({"usr/share/version": version.encode()})


def pool(version: str, mirror: str = DEFAULT_MIRROR) -> str:
    return f"{mirror}/pool/libc6_{version}_s390x.deb"


def stanza(version: str, name: str = "libc6", source: str = "glibc", more: str = "") -> str:
    path = pool(version, "").replace("libc6", name)[1:]
    return (
        f"Package: {name}\nSource: {source}\nVersion: {version}\n{more}Filename: {path}\n"
        f"SHA256: {digest(contents(version))}\n"
    )


@dataclass
class Debian:
    """Mirrors without signatures."""

    shelf: Shelf

    def publish(
        self, *stanzas: str, name: str = "trixie", mirror: str = DEFAULT_MIRROR, codename: str = "trixie",
        listing: str = PACKAGES,
    ) -> None:  # fmt: skip
        index = lzma.compress("\n".join(stanzas).encode())
        release = f"Suite: stable\nCodename: {codename}\nSHA256:\n {digest(index)} {len(index)} {listing}\n"
        self.shelf.files[f"{mirror}/dists/{name}/InRelease"] = release.encode()
        self.shelf.files[f"{mirror}/dists/{name}/{listing}"] = index

    def upload(self, version: str, mirror: str = DEFAULT_MIRROR) -> None:
        self.shelf.files[pool(version, mirror)] = contents(version)


@pytest.fixture
def debian(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Debian:
    monkeypatch.setattr(archive, "verify_clearsigned", lambda signed, _where: signed)
    return Debian(shelf)


@pytest.fixture
def installed(tmp_path: Path, shelf: Shelf) -> Callable[..., str]:
    """Makes a root with libc6 and returns the version that is in it."""

    def install(*listed: str, suite: str = "trixie") -> str:
        host = fake_host(tmp_path, shelf, environ={MIRROR_VARIABLE: " ".join(listed)})
        return (make_root(host, suite, "s390x", ["libc6"]) / "usr/share/version").read_text("utf-8")

    return install


def test_mirrors_are_a_list() -> None:
    assert mirrors({}) == mirrors({MIRROR_VARIABLE: ""}) == mirrors({MIRROR_VARIABLE: " "}) == (DEFAULT_MIRROR,)
    assert mirrors({MIRROR_VARIABLE: f"{OTHER}/  {DEFAULT_MIRROR}\n{OTHER}"}) == (OTHER, DEFAULT_MIRROR)


@pytest.mark.parametrize(
    ("suite", "names"),
    [("trixie", ["trixie", "stable"]), ("stable", ["stable", "trixie"]), ("bookworm", ["bookworm", "oldstable"]),
     ("sid", ["sid"])],
)  # fmt: skip
def test_both_names_of_a_suite_at_each_mirror(suite: str, names: list[str]) -> None:
    found = suite_locations({MIRROR_VARIABLE: f"{OTHER} {DEFAULT_MIRROR}"}, suite)
    assert [(location.mirror, location.name) for location in found] == [
        (mirror, name) for mirror in (OTHER, DEFAULT_MIRROR) for name in names
    ]


def test_an_index_is_read_again_after_a_point_release(
    debian: Debian, shelf: Shelf, tmp_path: Path, installed: Callable[..., str]
) -> None:
    debian.publish(stanza("1"))
    DebianArchive(fake_host(tmp_path, shelf), "trixie", "s390x").resolve(
        ["libc6"], _table("packages.toml")["left_out"]
    )  # the list is kept
    debian.publish(stanza("2"))
    debian.upload("2")
    assert installed() == "2"
    assert [url for url in shelf.asked if url in {pool("1"), pool("2")}] == [pool("1"), pool("2")]


def test_the_same_file_is_asked_for_again_after_the_index(
    debian: Debian, shelf: Shelf, installed: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    debian.publish(stanza("1"), stanza("2"))
    debian.upload("1")
    fetch = Shelf.fetch

    def arrives(self: Shelf, url: str, *, sha256: str, fresh: bool = False) -> Path:
        try:
            return fetch(self, url, sha256=sha256)
        finally:
            debian.upload("2")

    monkeypatch.setattr(Shelf, "fetch", arrives)
    del shelf.files[pool("1")]
    assert installed() == "2"


def test_another_version_in_the_same_index(debian: Debian, shelf: Shelf, installed: Callable[..., str]) -> None:
    debian.publish(stanza("1"), stanza("2"))
    debian.upload("1")
    assert installed() == "1"
    assert shelf.asked.count(pool("2")) == 2
    assert not [url for url in shelf.asked if "/stable/" in url]


def test_no_mixture_of_builds(debian: Debian, shelf: Shelf, installed: Callable[..., str]) -> None:
    """Packages of one source depend on each other's exact version."""
    more = "Depends: libc-bin\n"
    debian.publish(stanza("1", more=more), stanza("1", "libc-bin"), stanza("2", more=more), stanza("2", "libc-bin"))
    for version in ("1", "2"):
        debian.upload(version)
    shelf.files[pool("1").replace("libc6", "libc-bin")] = contents("1")
    assert installed() == "1"


def test_the_other_name_of_the_suite(debian: Debian, shelf: Shelf, installed: Callable[..., str]) -> None:
    debian.publish(stanza("2"))
    debian.publish(stanza("1"), name="stable")
    debian.upload("1")
    debian.upload("1", OTHER)
    debian.publish(stanza("1"), mirror=OTHER)
    assert installed(DEFAULT_MIRROR, OTHER) == "1"
    assert not [url for url in shelf.asked if url.startswith(f"{OTHER}/dists")]


def test_the_codename_of_a_suite_name(debian: Debian, installed: Callable[..., str]) -> None:
    debian.publish(stanza("2"), name="stable")
    debian.publish(stanza("1"))
    debian.upload("1")
    assert installed(suite="stable") == "1"


def test_a_suite_name_that_belongs_to_another_release(debian: Debian, installed: Callable[..., str]) -> None:
    debian.publish(stanza("2"))
    debian.publish(stanza("1"), name="stable", codename="forky")
    debian.upload("1")
    with pytest.raises(UnavailableError) as caught:
        installed()
    assert f"stable at {DEFAULT_MIRROR} (it is forky, not trixie)" in str(caught.value.hint)


def test_another_mirror_has_the_same_file(debian: Debian, installed: Callable[..., str]) -> None:
    debian.publish(stanza("2"), stanza("1"))
    debian.upload("1", OTHER)
    debian.upload("2", OTHER)
    assert installed(DEFAULT_MIRROR, OTHER) == "1"  # the last of the index, without another version


def test_an_older_index_of_another_mirror_such_as_a_snapshot(debian: Debian, installed: Callable[..., str]) -> None:
    debian.publish(stanza("2"))
    debian.publish(stanza("1"), mirror=OTHER)
    debian.upload("1", OTHER)
    assert installed(DEFAULT_MIRROR, OTHER) == "1"


def test_a_mirror_without_an_index_is_passed_over(debian: Debian, installed: Callable[..., str]) -> None:
    debian.publish(stanza("1"), mirror=OTHER)
    debian.upload("1", OTHER)
    assert installed(DEFAULT_MIRROR, OTHER) == "1"


def test_what_took_the_place_is_kept(
    debian: Debian, shelf: Shelf, tmp_path: Path, installed: Callable[..., str]
) -> None:
    debian.publish(stanza("1"), stanza("2"))
    debian.upload("1")
    installed()
    host = fake_host(tmp_path, shelf)
    shelf.files.clear()
    (kept,) = DebianArchive(host, "trixie", "s390x").resolve(["libc6"], _table("packages.toml")["left_out"])
    assert kept.version == "1"


def test_the_error_names_the_address_what_was_tried_and_what_to_do(
    debian: Debian, installed: Callable[..., str]
) -> None:
    secret = "http://user:secret@mirror.example/debian"
    debian.publish(stanza("2"), mirror=secret)
    with pytest.raises(UnavailableError) as caught:
        installed(secret)
    error = caught.value
    shown = "http://***@mirror.example/debian"
    assert error.what == (
        "Debian trixie lists libc6_2_s390x.deb, which cannot be downloaded: "
        f"{shown}/pool/libc6_2_s390x.deb: HTTP error 404"
    )
    assert error.where == f"{shown}/pool/libc6_2_s390x.deb"
    assert error.hint is not None
    assert f"tried trixie at {shown} (no other version); stable at {shown} (HTTP error 404); " in error.hint
    assert MIRROR_VARIABLE in error.hint
    assert "snapshot.debian.org" in error.hint
    assert "secret" not in str(error)


def test_every_mirror_is_named(debian: Debian, installed: Callable[..., str]) -> None:
    debian.publish(stanza("2"))
    with pytest.raises(UnavailableError) as caught:
        installed(DEFAULT_MIRROR, OTHER)
    for mirror in (DEFAULT_MIRROR, OTHER):
        assert f"{pool('2', mirror)}: HTTP error 404" in caught.value.what
        assert f"stable at {mirror}" in str(caught.value.hint)


def test_a_wrong_file_is_not_one_that_is_missing(debian: Debian, shelf: Shelf, installed: Callable[..., str]) -> None:
    """Tests are skipped over a missing file, and must not be over this."""
    debian.publish(stanza("1"))
    shelf.files[pool("1")] = b"other"
    with pytest.raises(SourceError, match="hash mismatch") as caught:
        installed()
    assert not isinstance(caught.value, UnavailableError)


def test_a_bad_index_elsewhere_is_not_hidden(debian: Debian, shelf: Shelf, installed: Callable[..., str]) -> None:
    debian.publish(stanza("2"))
    debian.publish(stanza("1"), name="stable")
    shelf.files[f"{DEFAULT_MIRROR}/dists/stable/{PACKAGES}"] = b"other"
    with pytest.raises(SourceError) as caught:
        installed()
    assert not isinstance(caught.value, UnavailableError)
    assert "hash mismatch" in str(caught.value.hint)


def test_offline_nothing_else_is_tried(debian: Debian, shelf: Shelf, tmp_path: Path) -> None:
    debian.publish(stanza("1"))
    online = DebianArchive(fake_host(tmp_path, shelf), "trixie", "s390x")
    (package,) = online.resolve(["libc6"], [])
    offline = fake_host(tmp_path, shelf, environ={MIRROR_VARIABLE: f"{DEFAULT_MIRROR} {OTHER}"}, offline=True)
    shelf.asked.clear()
    with pytest.raises(SourceError):
        fetch_file(offline, package.path, sha256=package.sha256)
    assert shelf.asked == [pool("1")]


def test_a_file_that_no_index_lists_is_not_the_archives_fault(debian: Debian, tmp_path: Path, shelf: Shelf) -> None:
    with pytest.raises(NotFoundError):
        fetch_file(fake_host(tmp_path, shelf), "pool/x.tar.gz", sha256="0" * 64)


def source(version: str, packed: bytes) -> str:
    return (
        f"Package: libx\nVersion: {version}-1\nDirectory: pool/libx\n"
        f"Checksums-Sha256:\n {digest(packed)} 9 libx_{version}.orig.tar.gz\n"
    )


def test_another_version_of_sources(debian: Debian, shelf: Shelf, tmp_path: Path) -> None:
    old, new = (tarball({"x/version": version}) for version in (b"1", b"2"))
    debian.publish(source("1", old), source("2", new), listing=SOURCES)
    shelf.files[f"{DEFAULT_MIRROR}/pool/libx/libx_1.orig.tar.gz"] = old
    host = fake_host(tmp_path, shelf)
    place = fetch_source(host, "trixie", "libx")
    assert (place / "version").read_text("utf-8") == "1"
    shelf.files.clear()
    assert fetch_source(host, "trixie", "libx") == place
