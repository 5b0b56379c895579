import hashlib
import io
import tarfile

import msgspec
import pytest

from crosswheel.errors import SourceError, UnavailableError
from crosswheel.host import Host, NullProgress
from crosswheel.recipes.sources import (
    ExtraArchive,
    SourceArchive,
    SourceChanges,
    fetch_archive,
    fetch_extra_sources,
    unpack_sources,
)
from crosswheel.toml_models import StringOrList


class Mirror:
    """Has files at some addresses."""

    def __init__(self, files):
        self.files = files
        self.asked = []

    def fetch(self, url, *, sha256, fresh=False):
        self.asked.append(url)
        if url not in self.files:
            raise SourceError("HTTP error 404", where=url)
        return self.files[url]


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "demo-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name in ("demo-1.0/setup.py", "demo-1.0/inner/a.c"):
            info = tarfile.TarInfo(name)
            info.size = 2
            tar.addfile(info, io.BytesIO(b"x\n"))
    return path


@pytest.fixture
def sha256(archive):
    return hashlib.sha256(archive.read_bytes()).hexdigest()


def host(tmp_path, files, **environ):
    return Host(environ, tmp_path / "cache", tmp_path / "logs", None, Mirror(files), NullProgress())


def test_the_first_place_that_has_it_serves(tmp_path, archive, sha256):
    urls = StringOrList(("https://a.example/x.tar.gz", "debian:pool/main/d/x.tar.gz", "https://c.example/x.tar.gz"))
    there = host(tmp_path, {"http://mirror/debian/pool/main/d/x.tar.gz": archive},
                 CROSSWHEEL_DEBIAN_MIRROR="http://mirror/debian/")  # fmt: skip
    assert fetch_archive(there, SourceArchive(urls=urls, sha256=sha256), tmp_path) == archive
    assert there.downloader.asked == [urls[0], "http://mirror/debian/pool/main/d/x.tar.gz"]


@pytest.mark.parametrize(("beside", "kind"), [((), UnavailableError), (("absent.tar.gz",), SourceError)])
def test_servers_that_do_not_answer_are_told_from_places_that_lack_it(tmp_path, monkeypatch, beside, kind):
    def silent(_mirror, url, *, sha256, fresh=False):
        raise UnavailableError("connection failed", where=url)

    monkeypatch.setattr(Mirror, "fetch", silent)
    urls = StringOrList(("https://a.example/x.tar.gz", "debian:pool/main/d/x.tar.gz", *beside))
    with pytest.raises(SourceError, match="the sources are not available") as caught:
        fetch_archive(host(tmp_path, {}), SourceArchive(urls=urls, sha256="0" * 64), tmp_path)
    assert type(caught.value) is kind


def test_an_archive_may_lie_beside_the_recipe(tmp_path, archive, sha256):
    for url in ("demo-1.0.tar.gz", f"file://{archive}"):
        assert (
            fetch_archive(host(tmp_path, {}), SourceArchive(urls=StringOrList((url,)), sha256=sha256), tmp_path)
            == archive
        )


@pytest.mark.parametrize(
    ("url", "digest", "said"),
    [
        ("https://a.example/x", "0" * 64, "HTTP error 404"),
        ("demo-1.0.tar.gz", "0" * 64, "hash mismatch"),
        ("absent.tar.gz", "0" * 64, "no such file"),
        ("../x.tar.gz", "0" * 64, "outside of the recipe"),
        ("demo-1.0.tar.gz", "beef", "no SHA-256"),
    ],
)
def test_sources_that_cannot_be_had_say_why(tmp_path, archive, url, digest, said):
    with pytest.raises(SourceError, match=said):
        fetch_archive(host(tmp_path, {}), SourceArchive(urls=StringOrList((url,)), sha256=digest), tmp_path)


@pytest.mark.parametrize(("directory", "file"), [("", "setup.py"), ("inner", "a.c"), ("demo-1.0/inner", "a.c")])
def test_the_right_directory_is_unpacked_and_changed(tmp_path, archive, directory, file):
    made = unpack_sources(archive, SourceChanges(directory, files=(("sub/new", b"new"),)), tmp_path / "tree")
    assert (made / file).is_file()
    assert (made / "sub" / "new").read_bytes() == b"new"


def test_a_directory_that_is_not_there_is_told(tmp_path, archive):
    with pytest.raises(SourceError, match="no directory other"):
        unpack_sources(archive, SourceChanges("other"), tmp_path / "tree")


@pytest.fixture
def part(archive, sha256):
    return ExtraArchive(
        name="other", version="1.0", homepage="https://example.org", license="MIT",
        urls=StringOrList((archive.name,)), sha256=sha256, directory="inner", into="parts",
    )  # fmt: skip


def test_parts_lie_in_directories_of_the_sources_and_are_changed_too(tmp_path, archive, part):
    parts = fetch_extra_sources(host(tmp_path, {}), [part], tmp_path)
    made = unpack_sources(archive, SourceChanges(files=(("parts/new", b"new"),)), tmp_path / "tree", parts)
    assert sorted(path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()) == [
        "inner/a.c", "parts/a.c", "parts/new", "setup.py",
    ]  # fmt: skip
    assert [path.name for path in (tmp_path / "tree").iterdir()] == ["demo-1.0"]


@pytest.mark.parametrize(
    ("into", "said"), [("inner", "already contain inner"), ("../away", "outside of the recipe's directory")]
)
def test_parts_that_have_no_place_are_told(tmp_path, archive, part, into, said):
    moved = msgspec.structs.replace(part, into=into)
    with pytest.raises(SourceError, match=said):
        unpack_sources(archive, SourceChanges(), tmp_path / "tree", [(moved, archive)])


def test_parts_of_an_archive_are_unpacked_and_part_of_the_identity(tmp_path, archive):
    changes = SourceChanges(members=("inner",))
    made = unpack_sources(archive, changes, tmp_path / "tree")
    assert [path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()] == ["inner/a.c"]
    assert changes.identity() != SourceChanges().identity()
