"""What people name: requirements, archives, directories, repositories; and the times of what was found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswheel.errors import SourceError, UsageError
from crosswheel.sources.directory import SourceDirectory
from crosswheel.sources.model import (
    FALLBACK_EPOCH,
    LATEST_EPOCH,
    Source,
    SourceKind,
    SourceRequest,
    newest_time,
    source_date_epoch,
    split_url_hash,
)
from crosswheel.sources.tree import read_tree


@pytest.mark.parametrize(
    ("text", "kind", "location"),
    [
        ("x @ https://e.org/x-1.tar.gz", SourceKind.ARCHIVE, "https://e.org/x-1.tar.gz"),
        ("x[fast] @ https://e.org/x-1.zip#sha256=ab", SourceKind.ARCHIVE, "https://e.org/x-1.zip#sha256=ab"),
        ("x @ file:///srv/x-1.tar.gz", SourceKind.ARCHIVE, "file:///srv/x-1.tar.gz"),
        ("x @ git+ssh://git@e.org/a/x.git@v1", SourceKind.VCS, "git+ssh://git@e.org/a/x.git@v1"),
        (
            f"x @ https://e.org/x.zip?signature={'s' * 300}",
            SourceKind.ARCHIVE,
            f"https://e.org/x.zip?signature={'s' * 300}",
        ),
        ("  hg+https://e.org/x  ", SourceKind.VCS, "hg+https://e.org/x"),
        ("x>=1 ; python_version > '3'", SourceKind.REQUIREMENT, ""),
        ("x" * 300, SourceKind.REQUIREMENT, ""),
    ],
)
def test_requests(text: str, kind: SourceKind, location: str) -> None:
    request = SourceRequest.parse(text)
    assert (request.kind, request.location, request.text) == (kind, location, text.strip())


def test_a_named_url_keeps_its_requirement() -> None:
    requirement = SourceRequest.parse("X[fast] @ https://e.org/x-1.tar.gz").requirement
    assert requirement is not None
    assert (requirement.name, requirement.extras) == ("X", {"fast"})


def test_paths_are_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "x-1.TAR.GZ").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for text, name in (("./project", "project"), ("project/", "project"), ("~/project", "project"), (".", ".")):
        assert SourceRequest.parse(text).kind is SourceKind.DIRECTORY
        assert SourceRequest.parse(text).location == str(tmp_path / name)
    assert SourceRequest.parse("x-1.TAR.GZ").location == str(tmp_path / "x-1.TAR.GZ")


def test_a_bare_name_is_a_requirement_even_if_there_is_such_a_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("project", "my project"):
        (tmp_path / name).mkdir()
    assert SourceRequest.parse("project").kind is SourceKind.REQUIREMENT
    with pytest.raises(UsageError) as caught:
        SourceRequest.parse("my project")
    assert "./my project" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("./gone-1.zip", "file not found: ./gone-1.zip"),
        ("./gone", "is not a requirement, path or URL"),
        ("", "is not a requirement, path or URL"),
        ("/" + "x" * 300, "is not a requirement, path or URL"),
        ("~nobody-by-this-name/x", "is not a requirement, path or URL"),
        ("ftp://e.org/x-1.tar.gz", "is not a requirement, path or URL"),
        ("x-1.0-py3-none-any.whl", "is already a wheel"),
        ("http://[::1/x.tar.gz", "invalid URL"),
        ("https://e.org:port/x.tar.gz", "invalid URL"),
        ("x @ https://e.org:port/x.tar.gz", "invalid URL"),
    ],
)
def test_mistakes_are_told(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        SourceRequest.parse(text)


@given(st.text(max_size=300))
def test_any_text_is_a_request_or_a_mistake(text: str) -> None:
    try:
        request = SourceRequest.parse(text)
    except UsageError:
        return
    assert request.requirement is not None or request.location


@given(st.one_of(st.none(), st.just(""), st.integers(0, 1 << 70).map(str)), st.integers(-(1 << 40), 1 << 40))
def test_an_epoch_is_one_a_wheel_can_hold(given_one: str | None, own: int) -> None:
    wanted = int(given_one) if given_one else own
    found = source_date_epoch(given_one, lambda: own)
    assert FALLBACK_EPOCH <= found <= LATEST_EPOCH
    assert found == wanted or not FALLBACK_EPOCH <= wanted <= LATEST_EPOCH


@pytest.mark.parametrize("text", ["-1", "1.5", " 1", "0x10", "now"])
def test_an_epoch_is_a_number(text: str) -> None:
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH"):
        source_date_epoch(text, lambda: 1)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://e.org/a", ("https://e.org/a", None)),
        ("https://e.org/a#egg=x", ("https://e.org/a", None)),
        ("https://e.org/a#sha256=ab&egg=x", ("https://e.org/a", "ab")),
        ("https://e.org/a#subdirectory=b&SHA256=AB", ("https://e.org/a", "ab")),
        ("https://e.org/a#readme", ("https://e.org/a", None)),
    ],
)
def test_hashes_in_urls(url: str, expected: tuple[str, str | None]) -> None:
    assert split_url_hash(url) == expected


@pytest.mark.parametrize("name", ["md5", "sha1", "sha384", "sha512", "sha999", "blake2b", "sha-256"])
def test_a_hash_that_would_not_be_verified_is_refused(name: str) -> None:
    with pytest.raises(SourceError, match=f"cannot verify a {name} hash"):
        split_url_hash(f"https://e.org/a#{name}=ab")


@pytest.mark.parametrize(
    "fragment", ["sha256=", "sha256", "sha256=../..", "sha256=zz", "sha256=ab&sha256=cd", "sha512"]
)
def test_a_hash_that_is_none_is_refused(fragment: str) -> None:
    with pytest.raises(SourceError):
        split_url_hash(f"https://e.org/a#{fragment}")


def test_the_newest_file_decides_and_no_directory(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    assert newest_time(tmp_path) == FALLBACK_EPOCH
    for name, when in (("deep/new", 2_000), ("old", 1_000)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (when, when))
    assert newest_time(tmp_path) == 2_000


def test_a_directory_is_never_built_in(tmp_path: Path) -> None:
    own = tmp_path / "own"
    for name in ("src/a.py", ".venv/big", "env/pyvenv.cfg", "src/__pycache__/a.pyc", "x.egg-info/PKG-INFO", "b.pyc"):
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        (own / name).touch()
    (own / "link").symlink_to("src")
    directory = SourceDirectory(read_tree(own))
    tree = Source("own", own, None, str(own), 0, directory=directory).checkout(tmp_path / "tree")
    assert tree == tmp_path / "tree"
    assert sorted(
        str(path.relative_to(tree)) for path in tree.rglob("*") if not path.is_dir() or path.is_symlink()
    ) == ["link", "src/a.py"]
    assert (tree / "link").is_symlink()


def test_a_source_without_identity_is_refused(tmp_path: Path) -> None:
    for sha256 in (None, ""):
        with pytest.raises(ValueError, match="own: a source has the hash of an archive, or the files of a directory"):
            Source("own", tmp_path, sha256, str(tmp_path), 0)
