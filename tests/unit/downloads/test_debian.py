"""Debian's archive: what is signed, what an index says, what a root is made of."""

from __future__ import annotations

import lzma
from importlib.resources import files
from pathlib import Path

import pytest
from fake_hosts import Shelf, deb, digest, fake_host
from pysequoia import Cert, SignatureMode, Tsk, sign

from crosswheel.downloads.debian import DebianArchive, archive, make_root, suites
from crosswheel.downloads.debian.archive import verify_clearsigned
from crosswheel.downloads.debian.mirrors import MIRROR_VARIABLE
from crosswheel.downloads.debian.roots import package_names
from crosswheel.errors import EnvironmentMissingError, SourceError
from crosswheel.targets.linux import linux_architectures

MIRROR = "http://deb.debian.org/debian"
RELEASE = f"{MIRROR}/dists/trixie/InRelease"
INDEX = "main/binary-riscv64/Packages.xz"
CONTENTS = {
    "app": {"usr/bin/app": b"#!/bin/sh\n"},
    "libone": {"lib/libone.so": b"one"},
    "libtwo": {"usr/lib/libtwo.so": b"two"},
    "perl": {"usr/bin/perl": b""},
    "old": {},
}
HEADS = {
    "app": "Pre-Depends: libone (>= 1.0) | old\nDepends: virtual, python3:any (>= 3),\n perl | perl:any, app",
    "libone": "Depends: libtwo <!nocheck>",
    "libtwo": "Provides: virtual (= 2),python3\nDescription: two\n Depends: nowhere\n .\n more",
    "perl": "Priority: required",
    "old": "Provides: virtual",
}


def stanza(name: str) -> str:
    sha256 = digest(deb(CONTENTS[name]))
    return f"Package: {name}\nVersion: 1-{name}\n{HEADS[name]}\nFilename: pool/{name}.deb\nSHA256: {sha256}"


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tsk:
    """A key in the place of Debian's."""
    made = Tsk.generate("Somebody <somebody@example.org>")
    place = tmp_path / "trusted"
    (place / "keys").mkdir(parents=True)
    (place / "keys" / "somebody.asc").write_text(str(made.extract_certificate()), "utf-8")
    (place / "keys" / "README").write_text("no key", "utf-8")
    monkeypatch.setattr(archive, "files", lambda _package: place)
    return made


def publish(shelf: Shelf, key: Tsk, text: str, mirror: str = MIRROR) -> None:
    """Put a signed index on the shelf, and the packages."""
    index = lzma.compress(text.encode())
    release = f"Suite: trixie\nSHA256:\n {digest(b'other')} {5:>10} main/source/Sources.xz\n"
    release += f" {digest(index)} {len(index):>10} {INDEX}\n"
    shelf.files[f"{mirror}/dists/trixie/InRelease"] = sign(key.signer(), release.encode(), mode=SignatureMode.CLEAR)
    shelf.files[f"{mirror}/dists/trixie/{INDEX}"] = index
    for name, members in CONTENTS.items():
        shelf.files[f"{mirror}/pool/{name}.deb"] = deb(members)


@pytest.fixture
def riscv(host, shelf, key) -> DebianArchive:
    publish(shelf, key, "\n\n".join(map(stanza, CONTENTS)) + "\n\n")
    return DebianArchive(host, "trixie", "riscv64")


def test_debians_keys_are_there_and_are_public_ones():
    keys = [
        path for path in files("crosswheel.downloads.debian").joinpath("keys").iterdir() if path.name.endswith(".asc")
    ]
    users = [user for key in keys for cert in Cert.split_bytes(key.read_bytes()) for user in map(str, cert.user_ids)]
    assert len(users) >= 4
    assert all("Debian" in user for user in users)
    assert all(key.read_bytes().startswith(b"-----BEGIN PGP PUBLIC KEY BLOCK-----") for key in keys)


def test_what_a_known_key_signed_is_read(key):
    assert verify_clearsigned(sign(key.signer(), b"some\ntext\n", mode=SignatureMode.CLEAR), "there") == b"some\ntext\n"


@pytest.mark.parametrize(
    "change",
    [
        lambda signed: signed.replace(b"some", b"same"),
        lambda signed: signed[: signed.index(b"-----BEGIN PGP SIGNATURE")],
        lambda signed: signed[:-200],
        lambda _: b"some\ntext\n",
        lambda _: b"",
        lambda _: b"\xff\x00" * 100,
        lambda _: sign(Tsk.generate("Debian <x@example.org>").signer(), b"some\ntext\n", mode=SignatureMode.CLEAR),
    ],
    ids=["changed", "no signature", "truncated", "plain", "empty", "bytes", "a stranger's"],
)
def test_bad_signatures_are_refused(key, change):
    signed = sign(key.signer(), b"some\ntext\n", mode=SignatureMode.CLEAR)
    with pytest.raises(SourceError, match="sign") as caught:
        verify_clearsigned(change(signed), "http://there/InRelease")
    assert caught.value.where == "http://there/InRelease"


def test_fields_of_an_index(riscv):
    app, libone, *_ = riscv.resolve(["app"], ["perl"])
    assert (app.name, app.version, app.path) == ("app", "1-app", "pool/app.deb")
    assert app.depends == (("libone", "old"), ("virtual",), ("python3",), ("perl", "perl"), ("app",))
    assert libone.depends == (("libtwo",),)


def test_dependencies_are_followed_and_names_left_out(riscv):
    packages = riscv.resolve(["app"], ["perl"])
    # The virtual package is that of the first one that provides it.
    assert [package.name for package in packages] == ["app", "libone", "libtwo"]
    assert packages[2].provides == ("virtual", "python3")


def test_the_first_alternative_that_exists(host, shelf, key):
    head = "Package: x\nVersion: 1\nFilename: x.deb\nSHA256: 0\nDepends: absent | old, old | libtwo"
    publish(shelf, key, f"{head}\n\n{stanza('old')}\n\n{stanza('libtwo')}\n")
    found = DebianArchive(host, "trixie", "riscv64").resolve(["x"], [])
    assert [package.name for package in found] == ["x", "old"]


def test_a_real_package_comes_before_one_that_provides_its_name(host, shelf, key):
    head = "Package: {}\nVersion: 1\nFilename: x.deb\nSHA256: 0\nProvides: real"
    for names in (("other", "real"), ("real", "other")):
        publish(shelf, key, "\n\n".join(map(head.format, names)))
        archive_of = DebianArchive(host, "trixie", "riscv64")
        assert [package.name for package in archive_of.resolve(["real"], names)] == []
        assert [package.name for package in archive_of.resolve(["real"], [f"left out {names}"])] == ["real"]


def test_a_list_is_kept_for_use_offline(riscv, shelf):
    found = riscv.resolve(["app"], ["perl"])
    asked = list(shelf.asked)
    assert asked == [RELEASE, f"{MIRROR}/dists/trixie/{INDEX}"]
    shelf.files.clear()
    assert riscv.resolve(["app"], ["perl"]) == found
    assert shelf.asked == asked
    with pytest.raises(SourceError):
        riscv.resolve(["app"], [])


def test_a_package_that_is_not_there(riscv):
    with pytest.raises(EnvironmentMissingError, match="no package nowhere"):
        riscv.resolve(["nowhere"], [])
    with pytest.raises(EnvironmentMissingError, match="no package nowhere"):
        riscv.resolve(["nowhere"], [])


def test_an_architecture_that_is_not_there(host, shelf, riscv):
    with pytest.raises(EnvironmentMissingError, match="Debian trixie has no index for riscv"):
        DebianArchive(host, "trixie", "riscv").resolve(["app"], [])


def test_an_index_that_is_not_the_signed_one(shelf, riscv):
    shelf.files[f"{MIRROR}/dists/trixie/{INDEX}"] = lzma.compress(b"Package: app\n")
    with pytest.raises(SourceError, match="hash mismatch"):
        riscv.resolve(["app"], [])


@pytest.mark.parametrize(
    ("value", "mirror"),
    [
        ("http://mirror.example/d", "http://mirror.example/d"),
        ("http://mirror.example/", "http://mirror.example"),
        ("", MIRROR),
    ],
)
def test_another_mirror(tmp_path, shelf, key, value, mirror):
    publish(shelf, key, stanza("old"), mirror)
    riscv = DebianArchive(fake_host(tmp_path, shelf, environ={MIRROR_VARIABLE: value}), "trixie", "riscv64")
    (package,) = riscv.resolve(["old"], [])
    assert riscv.fetch(package).read_bytes() == deb({})
    assert shelf.asked[-1] == f"{mirror}/pool/old.deb"


def test_lists_are_forgotten_when_a_package_has_moved(riscv, shelf):
    package = riscv.resolve(["libtwo"], [])[0]
    del shelf.files[f"{MIRROR}/pool/libtwo.deb"]
    with pytest.raises(SourceError, match="404"):
        riscv.fetch(package)
    shelf.asked.clear()
    riscv.resolve(["libtwo"], [])
    assert RELEASE in shelf.asked


def test_lists_are_not_forgotten_offline(tmp_path, riscv, shelf):
    package = riscv.resolve(["libtwo"], [])[0]
    shelf.files.clear()
    offline = DebianArchive(fake_host(tmp_path, shelf, offline=True), "trixie", "riscv64")
    with pytest.raises(SourceError):
        offline.fetch(package)
    assert offline.resolve(["libtwo"], []) == (package,)


@pytest.mark.usefixtures("riscv")
def test_a_root_has_the_packages_and_what_they_need(host, shelf):
    root = make_root(host, "trixie", "riscv64", ["app"])
    assert (root / "usr/bin/app").read_bytes() == b"#!/bin/sh\n"
    # What a package has in /lib is in /usr/lib, as on a merged system.
    assert (root / "usr/lib/libone.so").read_bytes() == b"one"
    assert (root / "lib/libtwo.so").read_bytes() == b"two"
    # perl is among what no root needs.
    assert not (root / "usr/bin/perl").exists()
    asked = len(shelf.asked)
    assert make_root(host, "trixie", "riscv64", ["app"]) == root
    assert len(shelf.asked) == asked


@pytest.mark.usefixtures("riscv")
def test_a_root_without_dependencies_is_another_kind(host):
    root = make_root(host, "trixie", "riscv64", ["libone"], dependencies=False)
    assert (root / "lib/libone.so").is_file()
    assert not (root / "lib/libtwo.so").exists()


@pytest.mark.usefixtures("riscv")
def test_of_a_root_that_cannot_be_made_nothing_remains(host, shelf):
    del shelf.files[f"{MIRROR}/pool/libtwo.deb"]
    with pytest.raises(SourceError):
        make_root(host, "trixie", "riscv64", ["app"])
    assert not [path for path in (host.cache / "roots").iterdir() if path.is_dir()]


def test_suites_are_in_order_and_of_known_architectures():
    known = {architecture.debian for architecture in linux_architectures().values()}
    pythons = [tuple(map(int, suite.python.split("."))) for suite in suites()]
    assert pythons == sorted(set(pythons))
    assert [suite.glibc for suite in suites()] == sorted(suite.glibc for suite in suites())
    for suite in suites():
        assert set(suite.architectures) <= known
        assert list(suite.architectures) == sorted(set(suite.architectures))


def test_every_architecture_has_a_suite():
    assert {debian for suite in suites() for debian in suite.architectures} == {
        architecture.debian for architecture in linux_architectures().values()
    }


def test_names_of_packages():
    assert package_names("python", "3.13") == ("python3.13", "libpython3.13-stdlib", "libstdc++6")
    assert "libc6" in package_names("runtime")
    assert package_names("emulator") == ("qemu-user",)
